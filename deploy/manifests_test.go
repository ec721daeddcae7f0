package deploy

import (
	"os"
	"path/filepath"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	"sigs.k8s.io/yaml"
)

// kustomization is the part of a kustomization.yaml that ours uses; anything else in the file fails the decoding.
type kustomization struct {
	APIVersion string   `json:"apiVersion"`
	Kind       string   `json:"kind"`
	Namespace  string   `json:"namespace"`
	Resources  []string `json:"resources"`
	Images     []struct {
		Name    string `json:"name"`
		NewName string `json:"newName"`
		NewTag  string `json:"newTag"`
	} `json:"images"`
}

// decode reads one manifest into the real Kubernetes type of its kind. Unknown and repeated fields are errors.
func decode(data []byte) (runtime.Object, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{batchv1.AddToScheme, corev1.AddToScheme, networkingv1.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, err
		}
	}
	options := json.SerializerOptions{Yaml: true, Strict: true}
	object, _, err := json.NewSerializerWithOptions(json.DefaultMetaFactory, scheme, scheme, options).Decode(data, nil, nil)
	return object, err
}

// load reads kubernetes/name, which must be of type T.
func load[T runtime.Object](t *testing.T, name string) T {
	t.Helper()
	object, err := decode(read(t, filepath.Join("kubernetes", name)))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	typed, ok := object.(T)
	if !ok {
		t.Fatalf("%s holds a %T", name, object)
	}
	return typed
}

func loadKustomization(t *testing.T) kustomization {
	t.Helper()
	var k kustomization
	if err := yaml.UnmarshalStrict(read(t, "kubernetes/kustomization.yaml"), &k); err != nil {
		t.Fatalf("kustomization.yaml: %v", err)
	}
	return k
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// manifests lists the files under kubernetes/ that hold an object.
func manifests(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob("kubernetes/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, path := range paths {
		if name := filepath.Base(path); name != "kustomization.yaml" {
			names = append(names, name)
		}
	}
	return names
}

func TestEveryManifestDecodesStrictly(t *testing.T) {
	names := manifests(t)
	if len(names) < 7 {
		t.Fatalf("only %d manifests found: %v", len(names), names)
	}
	for _, name := range names {
		load[runtime.Object](t, name)
	}
}

// Guards the test above: a decoder that let a misspelt field pass would make it worthless.
func TestDecodeRefusesWhatKubernetesWouldDrop(t *testing.T) {
	const head = "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: x}\n"
	for name, manifest := range map[string]string{
		"unknown field":  head + "spec: {schedul: '* * * * *'}\n",
		"repeated field": head + "spec: {suspend: true, suspend: false}\n",
		"wrong type":     head + "spec: {startingDeadlineSeconds: soon}\n",
		"unknown kind":   "apiVersion: batch/v1\nkind: CronJobb\nmetadata: {name: x}\n",
	} {
		if _, err := decode([]byte(manifest)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
