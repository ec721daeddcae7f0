package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/spf13/cobra"

	"tieout/jobs"
	"tieout/sql/store"
)

func (a *app) scheduleCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schedule",
		Short: "Run the jobs on their schedules until told to stop, with health and metrics endpoints",
		Args:  usage(cobra.NoArgs),
		RunE:  func(command *cobra.Command, _ []string) error { return a.schedule(command.Context()) },
	}
}

func (a *app) schedule(ctx context.Context) (err error) {
	p, err := a.openFeeds(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	watch := newWatch()
	stopServer, err := watch.serve(p.config.Schedule.Listen)
	if err != nil {
		return err
	}
	runner := p.runner()
	entry := func(name, spec string, chosen ...string) jobs.Entry {
		return jobs.Entry{Name: name, Spec: spec, Run: func(ctx context.Context) {
			tally, err := runner.Run(ctx, jobs.Options{Jobs: chosen})
			watch.ended(name, tally, err)
			if err != nil {
				p.log.Error("run failed", "schedule", name, "run", tally.RunID, "error", err)
			}
		}}
	}
	var entries []jobs.Entry
	if spec := p.config.Schedule.Daily; spec != "" {
		entries = append(entries, entry("daily", spec))
	}
	if spec := p.config.Schedule.CancelExpired; spec != "" {
		entries = append(entries, entry("cancel_expired", spec, "fetch", "reconcile", "cancel-expired"))
	}
	p.log.Info("scheduled", "entries", len(entries), "zone", p.config.Timezone.String(), "listen", p.config.Schedule.Listen)
	return errors.Join(jobs.Schedule(ctx, p.config.Timezone.Location, entries, p.log), stopServer())
}

// watch is what health and metrics show of the runs.
type watch struct {
	registry *prometheus.Registry
	runs     *prometheus.CounterVec
	lastEnd  *prometheus.GaugeVec
	rows     *prometheus.GaugeVec
}

func newWatch() *watch {
	w := &watch{
		registry: prometheus.NewRegistry(),
		runs:     prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tieout_runs_total", Help: "Runs that ended, by schedule and result (done, failed, locked)."}, []string{"schedule", "result"}),
		lastEnd:  prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "tieout_last_success_timestamp_seconds", Help: "When the last run of a schedule ended without an error."}, []string{"schedule"}),
		rows:     prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "tieout_last_run_rows", Help: "Counts of the last run, by step and kind."}, []string{"step", "kind"}),
	}
	w.registry.MustRegister(w.runs, w.lastEnd, w.rows)
	return w
}

func (w *watch) ended(schedule string, tally jobs.Tally, err error) {
	result := "done"
	switch {
	case errors.Is(err, store.ErrLocked):
		result = "locked" // another run does the work
	case err != nil:
		result = "failed"
	default:
		w.lastEnd.WithLabelValues(schedule).Set(float64(time.Now().Unix()))
	}
	w.runs.WithLabelValues(schedule, result).Inc()
	for _, step := range tally.Steps {
		for kind, count := range map[string]int{"read": step.Read, "stored": step.Stored, "unchanged": step.Unchanged, "other_mode": step.OtherMode, "rejected": step.Rejected, "judged": step.Judged, "matched": step.Matched, "waiting": step.Waiting, "excepted": step.Excepted, "acted": step.Acted, "refused": step.Refused} {
			w.rows.WithLabelValues(step.Name, kind).Set(float64(count))
		}
	}
}

// serve answers on the address, if there is one, and returns how to stop: /healthz says that the process lives, /metrics
// how its runs go.
func (w *watch) serve(address string) (stop func() error, err error) {
	if address == "" {
		return func() error { return nil }, nil
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on schedule.listen %s: %w", address, err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(response http.ResponseWriter, _ *http.Request) { fmt.Fprintln(response, "ok") })
	mux.Handle("GET /metrics", promhttp.HandlerFor(w.registry, promhttp.HandlerOpts{}))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	return func() error {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		err := server.Shutdown(ctx)
		if served := <-ended; !errors.Is(served, http.ErrServerClosed) {
			err = errors.Join(err, served)
		}
		return err
	}, nil
}
