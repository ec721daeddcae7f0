package deploy

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/robfig/cron/v3"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// cronJobs are the files that hold one, each with the time from one start to the next.
var cronJobs = map[string]time.Duration{
	"cronjob.yaml":                24 * time.Hour,
	"cronjob-cancel-expired.yaml": 15 * time.Minute,
}

func eachCronJob(t *testing.T, check func(t *testing.T, c *batchv1.CronJob, every time.Duration)) {
	t.Helper()
	for name, every := range cronJobs {
		t.Run(name, func(t *testing.T) { check(t, load[*batchv1.CronJob](t, name), every) })
	}
}

func podOf(c *batchv1.CronJob) corev1.PodSpec { return c.Spec.JobTemplate.Spec.Template.Spec }

// containersOf lists every container of the pod, those that run first included.
func containersOf(c *batchv1.CronJob) []corev1.Container {
	return slices.Concat(podOf(c).InitContainers, podOf(c).Containers)
}

func TestSchedule(t *testing.T) {
	eachCronJob(t, func(t *testing.T, c *batchv1.CronJob, every time.Duration) {
		if c.Spec.TimeZone == nil {
			t.Fatal("no timeZone: the schedule would follow the zone of the cluster")
		}
		zone, err := time.LoadLocation(*c.Spec.TimeZone)
		if err != nil {
			t.Fatal(err)
		}
		// Kubernetes reads schedules with this parser.
		schedule, err := cron.ParseStandard(c.Spec.Schedule)
		if err != nil {
			t.Fatal(err)
		}
		first := schedule.Next(time.Date(2026, 1, 15, 12, 0, 0, 0, zone))
		if got := schedule.Next(first).Sub(first); got != every {
			t.Errorf("starts every %v, want %v", got, every)
		}
		if c.Spec.ConcurrencyPolicy != batchv1.ForbidConcurrent {
			t.Errorf("concurrencyPolicy is %q", c.Spec.ConcurrencyPolicy)
		}
	})
}

// A job that starts late, hangs or is tried again must be over before its next turn, and must not stay in the cluster for ever.
func TestLimits(t *testing.T) {
	eachCronJob(t, func(t *testing.T, c *batchv1.CronJob, every time.Duration) {
		job := c.Spec.JobTemplate.Spec
		for name, seconds := range map[string]*int64{
			"startingDeadlineSeconds": c.Spec.StartingDeadlineSeconds,
			"activeDeadlineSeconds":   job.ActiveDeadlineSeconds,
		} {
			if seconds == nil || *seconds <= 0 || time.Duration(*seconds)*time.Second >= every {
				t.Errorf("%s: want one between 0 and %v", name, every)
			}
		}
		if job.BackoffLimit == nil || *job.BackoffLimit < 1 {
			t.Error("no backoffLimit: exit code 1 must be tried again, a bounded number of times")
		}
		if job.TTLSecondsAfterFinished == nil || c.Spec.SuccessfulJobsHistoryLimit == nil || c.Spec.FailedJobsHistoryLimit == nil {
			t.Error("finished jobs are kept for ever")
		}
		if grace := podOf(c).TerminationGracePeriodSeconds; grace == nil || *grace < 90 {
			t.Error("terminationGracePeriodSeconds is shorter than the longest request to a provider (80 s)")
		}
	})
}

// The daily run starts when the other does not, or they would meet at the lock every day.
func TestSchedulesDoNotMeet(t *testing.T) {
	daily := load[*batchv1.CronJob](t, "cronjob.yaml")
	often := load[*batchv1.CronJob](t, "cronjob-cancel-expired.yaml")
	if *daily.Spec.TimeZone != *often.Spec.TimeZone {
		t.Errorf("two zones: %s and %s", *daily.Spec.TimeZone, *often.Spec.TimeZone)
	}
	at := func(c *batchv1.CronJob, after time.Time) time.Time {
		schedule, err := cron.ParseStandard(c.Spec.Schedule)
		if err != nil {
			t.Fatal(err)
		}
		return schedule.Next(after)
	}
	start := at(daily, time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC))
	if at(often, start.Add(-time.Second)).Equal(start) {
		t.Errorf("both start at %v", start)
	}
}

// What the exit codes of design §6 do to a job, read off its policy as the job controller would.
func TestExitCodes(t *testing.T) {
	want := map[int32]batchv1.PodFailurePolicyAction{
		1: batchv1.PodFailurePolicyActionCount,
		2: batchv1.PodFailurePolicyActionFailJob,
		3: batchv1.PodFailurePolicyActionFailJob,
		4: batchv1.PodFailurePolicyActionIgnore,
		// Killed for its memory.
		137: batchv1.PodFailurePolicyActionCount,
	}
	eachCronJob(t, func(t *testing.T, c *batchv1.CronJob, _ time.Duration) {
		// The API server refuses a podFailurePolicy beside any other restart policy.
		if got := podOf(c).RestartPolicy; got != corev1.RestartPolicyNever {
			t.Errorf("restartPolicy is %q", got)
		}
		failurePolicy := c.Spec.JobTemplate.Spec.PodFailurePolicy
		if failurePolicy == nil {
			t.Fatal("no podFailurePolicy")
		}
		got := map[int32]batchv1.PodFailurePolicyAction{}
		for code := range want {
			got[code] = onExit(failurePolicy, code)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("action by exit code (-want +got):\n%s", diff)
		}
	})
}

// onExit is the action of the first rule that fits an exit code of any container.
func onExit(p *batchv1.PodFailurePolicy, code int32) batchv1.PodFailurePolicyAction {
	for _, rule := range p.Rules {
		codes := rule.OnExitCodes
		if codes == nil || codes.ContainerName != nil {
			continue
		}
		if slices.Contains(codes.Values, code) == (codes.Operator == batchv1.PodFailurePolicyOnExitCodesOpIn) {
			return rule.Action
		}
	}
	return batchv1.PodFailurePolicyActionCount
}

func TestDisruptionIsNoFailure(t *testing.T) {
	want := batchv1.PodFailurePolicyRule{
		Action: batchv1.PodFailurePolicyActionIgnore,
		OnPodConditions: []batchv1.PodFailurePolicyOnPodConditionsPattern{
			{Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue},
		},
	}
	eachCronJob(t, func(t *testing.T, c *batchv1.CronJob, _ time.Duration) {
		same := func(rule batchv1.PodFailurePolicyRule) bool { return cmp.Equal(rule, want) }
		if !slices.ContainsFunc(c.Spec.JobTemplate.Spec.PodFailurePolicy.Rules, same) {
			t.Error("an evicted pod counts as a failure")
		}
	})
}

// The profile "restricted" of the Pod Security Standards, by the code that enforces it in a cluster.
func TestPodsAreRestricted(t *testing.T) {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	level := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	eachCronJob(t, func(t *testing.T, c *batchv1.CronJob, _ time.Duration) {
		template := c.Spec.JobTemplate.Spec.Template
		for _, result := range evaluator.EvaluatePod(level, &template.ObjectMeta, &template.Spec) {
			if !result.Allowed {
				t.Errorf("%s: %s", result.ForbiddenReason, result.ForbiddenDetail)
			}
		}
	})
}

// What "restricted" leaves open and we do not.
func TestPodsAreConfined(t *testing.T) {
	eachCronJob(t, func(t *testing.T, c *batchv1.CronJob, _ time.Duration) {
		if token := podOf(c).AutomountServiceAccountToken; token == nil || *token {
			t.Error("the pod is given a token of the cluster")
		}
		for _, container := range containersOf(c) {
			root := container.SecurityContext.ReadOnlyRootFilesystem
			if root == nil || !*root {
				t.Errorf("%s may write to its root filesystem", container.Name)
			}
			if container.Resources.Limits.Memory().IsZero() || container.Resources.Requests.Cpu().IsZero() {
				t.Errorf("%s: no limit on memory, or no request for cpu", container.Name)
			}
		}
	})
}
