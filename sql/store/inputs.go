package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"strings"
)

// Input is what a feed showed of one kind of object in one account.
type Input struct {
	Feed     string
	Account  string
	Kind     string
	Read     int    // objects that were shown
	Stored   int    // objects that are held as records
	Rejected int    // objects that could not be read
	Fresh    int    // versions of objects that came after a run
	Hash     string // SHA-256, in hex, over the hashes of those versions by id and version, each ended by a line feed; empty: none
}

type inputRow struct {
	Feed     string `db:"feed"`
	Account  string `db:"account"`
	Kind     string `db:"kind"`
	Read     int    `db:"read"`
	Stored   int    `db:"stored"`
	Rejected int    `db:"rejected"`
}

// Inputs counts the objects that feeds showed and what is held of them, and hashes what came after a run, by feed, account and
// kind. What is held was shown: worlds that were loaded without observations have no rows here.
func (s *Store) Inputs(ctx context.Context, afterRun int64) ([]Input, error) {
	r := s.read()
	rows, err := selectAll[inputRow](ctx, r, inputsQuery())
	if err != nil {
		return nil, wrap(err, "count the objects that feeds showed")
	}
	inputs := make([]Input, len(rows))
	at := make(map[[3]string]*Input, len(rows))
	for i, row := range rows {
		inputs[i] = Input{Feed: row.Feed, Account: row.Account, Kind: row.Kind, Read: row.Read, Stored: row.Stored, Rejected: row.Rejected}
		at[[3]string{row.Feed, row.Account, row.Kind}] = &inputs[i]
	}
	return inputs, wrap(hashInputs(ctx, r, afterRun, at), "hash what feeds showed after run %d", afterRun)
}

func inputsQuery() string {
	var kept []string
	for _, p := range projections {
		if name := p.tableName(); name != rejections.name {
			kept = append(kept, "SELECT feed, account, kind, COUNT(*) AS stored FROM "+name+" GROUP BY feed, account, kind")
		}
	}
	return `WITH shown AS (SELECT feed, account, kind, SUM(CASE version WHEN 1 THEN 1 ELSE 0 END) AS read FROM tieout_observations GROUP BY feed, account, kind),
		kept AS (` + strings.Join(kept, " UNION ALL ") + `),
		refused AS (SELECT feed, account, kind, COUNT(*) AS rejected FROM tieout_rejections GROUP BY feed, account, kind)
		SELECT s.feed, s.account, s.kind, CAST(s.read AS BIGINT) AS read, COALESCE(k.stored, 0) AS stored, COALESCE(r.rejected, 0) AS rejected FROM shown s
		LEFT JOIN kept k ON k.feed = s.feed AND k.account = s.account AND k.kind = s.kind
		LEFT JOIN refused r ON r.feed = s.feed AND r.account = s.account AND r.kind = s.kind ORDER BY s.feed, s.account, s.kind`
}

// hashInputs reads the hashes in the order of the observations' key, so that one hash is under way at a time.
func hashInputs(ctx context.Context, r session, afterRun int64, inputs map[[3]string]*Input) error {
	var under *Input
	var sum hash.Hash
	end := func() {
		if under != nil {
			under.Hash = hex.EncodeToString(sum.Sum(nil))
		}
	}
	rows := stream[observationRow](ctx, r, "SELECT feed, account, kind, hash FROM tieout_observations WHERE run_id > ? ORDER BY feed, account, kind, id, version", afterRun)
	for row, err := range rows {
		if err != nil {
			return err
		}
		if at := inputs[[3]string{row.Feed, row.Account, row.Kind}]; at != under {
			end()
			under, sum = at, sha256.New()
		}
		under.Fresh++
		_, _ = sum.Write(append([]byte(row.Hash), '\n'))
	}
	end()
	return nil
}
