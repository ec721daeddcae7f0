package store

import (
	"context"
	"iter"

	"tieout/reconcile"
)

// AllClusters reads every cluster, in the order of their names: each table by itself, in the order of a covering index, and
// merged here. What it holds at a time does not grow with the store. A cluster is valid only until the next one is asked for.
//
// The tables are not read as of one instant. A change that comes in between has a higher number than Progress told before,
// and its cluster is judged again in the next run.
func (s *Store) AllClusters(ctx context.Context) iter.Seq2[reconcile.Cluster, error] {
	return func(yield func(reconcile.Cluster, error) bool) {
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		progress, err := loadProgress(ctx, s.read())
		if err != nil {
			yield(reconcile.Cluster{}, wrap(err, "read all clusters"))
			return
		}
		var lanes []lane
		for _, strand := range strands(instant(progress.JudgedAt)) {
			lanes = append(lanes, strand.open(ctx, s))
		}
		if err := mergeLanes(lanes, func(c reconcile.Cluster) bool { return yield(c, nil) }); err != nil {
			yield(reconcile.Cluster{}, wrap(err, "read all clusters"))
		}
	}
}

// mergeLanes hands out the clusters of all lanes in order, until yield returns false. It reuses what it hands out. A lane that
// fails ends the merge before the next cluster: without its rows that would be judged wrongly.
func mergeLanes(lanes []lane, yield func(reconcile.Cluster) bool) error {
	var c reconcile.Cluster
	for {
		name, left, err := firstOf(lanes)
		if err != nil || len(left) == 0 {
			return err
		}
		lanes = left
		c.Reset(name)
		for _, l := range lanes {
			l.take(&c)
		}
		if !yield(c) {
			return nil
		}
	}
}

// firstOf is the name of the cluster that comes next in any of the lanes, and the lanes that have more.
func firstOf(lanes []lane) (first string, left []lane, err error) {
	left = lanes[:0]
	for _, l := range lanes {
		name, more := l.next()
		if !more {
			if err := l.err(); err != nil {
				return "", nil, err
			}
			continue
		}
		if len(left) == 0 || name < first {
			first = name
		}
		left = append(left, l)
	}
	return first, left, nil
}
