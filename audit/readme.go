package audit

import (
	"fmt"
	"strings"
	"time"
)

// readme explains a pack to whoever opens it.
func readme(m Manifest) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Settlement history of %s\n\n", m.Log)
	b.WriteString(m.Filter.Sentence())
	fmt.Fprintf(&b, " It holds entries %d to %d of the log: %d as rows, %d left out by the filter and counted.\n\n", m.Entries.From, m.Entries.To-1, m.Entries.Shown, m.Entries.LeftOut)
	b.WriteString(readmeIntroduction)
	describeColumns(&b, common)
	for _, k := range m.Kinds {
		if kind, ok := KindNamed(k.Kind); ok {
			fmt.Fprintf(&b, "\n## %s\n\n%s %d rows.\n\n", k.File, kind.About, k.Rows)
			describeColumns(&b, kind.Columns[len(common):])
		}
	}
	return b.String()
}

const readmeIntroduction = `## How to check it

    tieout verify PACK.zip --key PUBLIC-KEY
    tieout verify PACK.zip --checkpoint FILE

The first needs the public key, which whoever runs tieout gives out once. The second needs a checkpoint that you kept, such as the one printed on a daily report. Both work
offline. With both, more is proven. What this proves, what it does not, and how to do it by hand is told in docs/AUDIT.md of tieout.

## What is in it

| file | what it is |
|---|---|
| manifest.json | what was asked for, how many rows there are of each kind, their sums by currency, and the SHA-256 of every file |
| manifest.sig | the SHA-256 of manifest.json, signed |
| checkpoint.txt | the newest checkpoint of the log: how many entries it has, and the root hash of their Merkle tree, signed |
| proof/spans.txt | what stands for the entries that are not in this pack: first entry, the one after the last, and the hashes of the subtrees that cover them |
| proof/marks.bin | the first eight bytes of each row's hash, by entry: they tell which row was altered, if one was |
| rows/ | the rows, a file for each kind |

A row says what tieout knew of one object from one change on. An object that changed in the period has a row for each time; the sums in the manifest add up all rows, and are control totals, not
turnover. The period is about when tieout learned something, not when it happened: it is that of the runs that sealed it, each at its instant, and what was written since the run before belongs to the
run that sealed it.

Amounts are in major units, times in UTC. In the CSV files a text that begins with = + - @ ' or a tab has an apostrophe before it; a line break in a text is written \n, and a backslash \\. In
workbooks it is \u000A.

Every file begins with these columns:

`

func describeColumns(b *strings.Builder, columns []Column) {
	b.WriteString("| column | type | what it says |\n|---|---|---|\n")
	for _, c := range columns {
		of := c.Type.String()
		if c.Type == Money {
			of += " in " + c.Currency
		}
		fmt.Fprintf(b, "| %s | %s | %s |\n", c.Name, of, c.About)
	}
}

// Sentence says what was asked for.
func (f Filter) Sentence() string {
	text := "What tieout learned"
	if !f.From.IsZero() {
		text += " from " + f.From.Format(time.RFC3339)
	}
	if !f.To.IsZero() {
		text += " until " + f.To.Format(time.RFC3339)
	}
	if !f.AsOf.IsZero() {
		text += ", as the log was at " + f.AsOf.Format(time.RFC3339)
	}
	for _, only := range [][2]string{{"provider", f.Provider}, {"account", f.Account}, {"currency", f.Currency}} {
		if only[1] != "" {
			text += ", " + only[0] + " " + only[1]
		}
	}
	return text + "."
}
