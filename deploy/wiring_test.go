package deploy

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"tieout/config"
)

// The ConfigMap and the Secret, as a pod of each CronJob would see them, make a configuration without a mistake.
func TestConfiguration(t *testing.T) {
	eachCronJob(t, func(t *testing.T, c *batchv1.CronJob, _ time.Duration) {
		secret := load[*corev1.Secret](t, "secret.example.yaml")
		for _, container := range containersOf(c) {
			file := filepath.Join(t.TempDir(), "tieout.yaml")
			content := inPod(t, load[*corev1.ConfigMap](t, "configmap.yaml").Data["tieout.yaml"], podOf(c), container, secret)
			if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := config.Load(file, environment(t, container, secret), nil)
			if err != nil {
				t.Fatalf("%s: %v", container.Name, err)
			}
			if got.Timezone.String() != *c.Spec.TimeZone {
				t.Errorf("timezone is %s in the ConfigMap and %s in the CronJob", got.Timezone, *c.Spec.TimeZone)
			}
			if got := got.Database.URL.Reveal(); got != secret.StringData["database-url"] {
				t.Errorf("%s: the database is not the Secret's", container.Name)
			}
		}
	})
}

// inPod lays the Secret's files out in a temporary folder and returns the configuration with the paths that lead there.
func inPod(t *testing.T, content string, pod corev1.PodSpec, container corev1.Container, secret *corev1.Secret) string {
	t.Helper()
	for _, volume := range pod.Volumes {
		if volume.Secret == nil {
			continue
		}
		if got := *volume.Secret.DefaultMode; volume.Secret.SecretName != secret.Name || got != 0o440 {
			t.Fatalf("volume %s: secret %s, mode %o", volume.Name, volume.Secret.SecretName, got)
		}
		folder := t.TempDir()
		for _, item := range volume.Secret.Items {
			writeSecret(t, filepath.Join(folder, item.Path), secret, item.Key)
		}
		content = strings.ReplaceAll(content, mountOf(t, container, volume.Name), folder)
	}
	return content
}

func writeSecret(t *testing.T, path string, secret *corev1.Secret, key string) {
	t.Helper()
	value, ok := secret.StringData[key]
	if !ok {
		t.Fatalf("secret.example.yaml has no %s", key)
	}
	if err := os.WriteFile(path, []byte(value), 0o600); err != nil {
		t.Fatal(err)
	}
}

func mountOf(t *testing.T, container corev1.Container, volume string) string {
	t.Helper()
	for _, mount := range container.VolumeMounts {
		if mount.Name == volume {
			return mount.MountPath
		}
	}
	t.Fatalf("%s does not mount %s", container.Name, volume)
	return ""
}

// environment is what the container finds in its environment; a secret written into the manifest itself is a failure.
func environment(t *testing.T, container corev1.Container, secret *corev1.Secret) []string {
	t.Helper()
	var env []string
	for _, variable := range container.Env {
		if variable.Value != "" || variable.ValueFrom == nil || variable.ValueFrom.SecretKeyRef == nil {
			t.Fatalf("%s is not taken from a Secret", variable.Name)
		}
		ref := variable.ValueFrom.SecretKeyRef
		value, ok := secret.StringData[ref.Key]
		if ref.Name != secret.Name || !ok {
			t.Fatalf("%s: no key %s in Secret %s", variable.Name, ref.Key, ref.Name)
		}
		env = append(env, variable.Name+"="+value)
	}
	return env
}

// Both pods first migrate and then run, with one configuration; only the daily run writes reports, which are on the claim.
func TestContainers(t *testing.T) {
	want := map[string][][]string{
		"cronjob.yaml": {{"migrate"}, {"run"}},
		// `fetch` and `reconcile` come first: what to cancel is judged on what the providers say now.
		"cronjob-cancel-expired.yaml": {{"migrate"}, {"run", "fetch", "reconcile", "cancel-expired"}},
	}
	for name, commands := range want {
		c := load[*batchv1.CronJob](t, name)
		var got [][]string
		for _, container := range containersOf(c) {
			file := filepath.Join(mountOf(t, container, "config"), "tieout.yaml")
			words, flag := container.Args[:len(container.Args)-1], container.Args[len(container.Args)-1]
			if flag != "--config="+file {
				t.Errorf("%s: %s reads %s, and %s is mounted", name, container.Name, flag, file)
			}
			got = append(got, words)
		}
		if diff := cmp.Diff(commands, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestReportsAreOnTheClaim(t *testing.T) {
	c := load[*batchv1.CronJob](t, "cronjob.yaml")
	container := podOf(c).Containers[0]
	directory := "directory: " + mountOf(t, container, "reports") + "\n"
	if !strings.Contains(load[*corev1.ConfigMap](t, "configmap.yaml").Data["tieout.yaml"], directory) {
		t.Errorf("the ConfigMap does not say %q", directory)
	}
}

// Without a place for temporary files the workbook cannot be written: the root filesystem is read-only.
func TestDailyRunHasTemporaryFiles(t *testing.T) {
	container := podOf(load[*batchv1.CronJob](t, "cronjob.yaml")).Containers[0]
	if got := mountOf(t, container, "tmp"); got != "/tmp" {
		t.Errorf("temporary files are mounted at %s", got)
	}
}

// Every volume names an object that kustomization.yaml applies, except the Secret, which is made by hand.
func TestReferences(t *testing.T) {
	account := load[*corev1.ServiceAccount](t, "serviceaccount.yaml")
	if token := account.AutomountServiceAccountToken; token == nil || *token {
		t.Error("the account hands out its token")
	}
	configMap := load[*corev1.ConfigMap](t, "configmap.yaml")
	claim := load[*corev1.PersistentVolumeClaim](t, "pvc.yaml")
	eachCronJob(t, func(t *testing.T, c *batchv1.CronJob, _ time.Duration) {
		if got := podOf(c).ServiceAccountName; got != account.Name {
			t.Errorf("service account %q", got)
		}
		for _, volume := range podOf(c).Volumes {
			if source := volume.ConfigMap; source != nil && source.Name != configMap.Name {
				t.Errorf("volume %s: no ConfigMap %s", volume.Name, source.Name)
			}
			if source := volume.PersistentVolumeClaim; source != nil && source.ClaimName != claim.Name {
				t.Errorf("volume %s: no claim %s", volume.Name, source.ClaimName)
			}
		}
	})
}

func TestNetworkPolicyHoldsForEveryPod(t *testing.T) {
	p := load[*networkingv1.NetworkPolicy](t, "networkpolicy.yaml")
	both := []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress}
	if !cmp.Equal(p.Spec.PolicyTypes, both) || len(p.Spec.Ingress) != 0 {
		t.Errorf("policy types %v with %d ways in: want both, and no way in", p.Spec.PolicyTypes, len(p.Spec.Ingress))
	}
	eachCronJob(t, func(t *testing.T, c *batchv1.CronJob, _ time.Duration) {
		labels := c.Spec.JobTemplate.Spec.Template.Labels
		for key, value := range p.Spec.PodSelector.MatchLabels {
			if labels[key] != value {
				t.Errorf("label %s is %q, and the policy selects %q", key, labels[key], value)
			}
		}
	})
}

// kustomization.yaml applies every manifest but the example Secret, and gives the image a version that does not move.
func TestKustomization(t *testing.T) {
	k := loadKustomization(t)
	want := map[string]bool{}
	for _, name := range manifests(t) {
		want[name] = name != "secret.example.yaml"
	}
	maps.DeleteFunc(want, func(_ string, applied bool) bool { return !applied })
	if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(slices.Values(k.Resources))); diff != "" {
		t.Errorf("resources (-want +got):\n%s", diff)
	}
	if len(k.Images) != 1 || k.Images[0].NewTag == "" || k.Images[0].NewTag == "latest" {
		t.Fatalf("images: %+v", k.Images)
	}
	eachCronJob(t, func(t *testing.T, c *batchv1.CronJob, _ time.Duration) {
		for _, container := range containersOf(c) {
			if container.Image != k.Images[0].Name {
				t.Errorf("%s: kustomization.yaml does not set image %s", container.Name, container.Image)
			}
		}
	})
}
