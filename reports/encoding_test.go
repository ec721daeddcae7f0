package reports

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"tieout/reconcile/money"
)

// fileRows reads a file of a report as rows of texts under their keys, in the form that the CSV file has.
func fileRows(t *testing.T, path string) []map[string]string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	switch filepath.Ext(path) {
	case ".csv":
		return csvRows(t, content)
	case ".jsonl":
		return jsonRows(t, content)
	}
	return parquetRows(t, content)
}

func csvRows(t *testing.T, content []byte) (rows []map[string]string) {
	t.Helper()
	records, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, record := range records[1:] {
		row := map[string]string{}
		for i, key := range records[0] {
			row[key] = strings.TrimPrefix(record[i], "'") // which the other files need not have
		}
		rows = append(rows, row)
	}
	return rows
}

func jsonRows(t *testing.T, content []byte) (rows []map[string]string) {
	t.Helper()
	lines := bufio.NewScanner(bytes.NewReader(content))
	for lines.Scan() {
		decoder := json.NewDecoder(bytes.NewReader(lines.Bytes()))
		decoder.UseNumber()
		var object map[string]any
		if err := decoder.Decode(&object); err != nil {
			t.Fatalf("%s: %v", lines.Text(), err)
		}
		row := map[string]string{}
		for key, value := range object {
			row[key] = ""
			if value != nil {
				row[key] = fmt.Sprint(value)
			}
		}
		rows = append(rows, row)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return rows
}

func parquetRows(t *testing.T, content []byte) (rows []map[string]string) {
	t.Helper()
	file, err := parquet.OpenFile(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	reader := parquet.NewReader(file)
	columns := file.Schema().Columns()
	buffer := make([]parquet.Row, 7)
	for {
		n, err := reader.ReadRows(buffer)
		for _, read := range buffer[:n] {
			row := map[string]string{}
			for i, path := range columns {
				leaf, _ := file.Schema().Lookup(path...)
				row[path[0]] = parquetText(t, read[i], leaf.Node)
			}
			rows = append(rows, row)
		}
		if err == io.EOF {
			return rows
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// parquetText writes a value by what the file itself says that it is.
func parquetText(t *testing.T, value parquet.Value, node parquet.Node) string {
	t.Helper()
	if value.IsNull() {
		return ""
	}
	if logical := node.Type().LogicalType(); logical != nil {
		switch of := logical.Value.(type) {
		case *format.DecimalType:
			return shifted(value.Int64(), int(of.Scale))
		case *format.TimestampType:
			return time.UnixMicro(value.Int64()).UTC().Format(time.RFC3339)
		}
	}
	if value.Kind() == parquet.Int64 {
		return fmt.Sprint(value.Int64())
	}
	return string(value.ByteArray())
}

// shifted writes a whole number with so many of its digits behind the point.
func shifted(number int64, scale int) string {
	sign, digits := "", fmt.Sprintf("%0*d", scale+1, number)
	if number < 0 {
		sign, digits = "-", fmt.Sprintf("%0*d", scale+1, -number)
	}
	return sign + digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
}

// TestFilesAgree: the same rows in the same order in every format, to the last digit, hostile text included.
func TestFilesAgree(t *testing.T) {
	dir := t.TempDir()
	written, err := Write(dir, []string{FormatCSV, FormatJSONL, FormatParquet}, busyDay(t))
	if err != nil {
		t.Fatal(err)
	}
	tables := 0
	for _, file := range written.Files {
		name, isTable := strings.CutSuffix(file.Name, ".csv")
		if !isTable {
			continue
		}
		tables++
		want := fileRows(t, filepath.Join(written.Directory, file.Name))
		for _, extension := range []string{".jsonl", ".parquet"} {
			got := fileRows(t, filepath.Join(written.Directory, name+extension))
			if extension == ".parquet" {
				want, got = sameDecimals(want), sameDecimals(got)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s%s (-csv +it):\n%s", name, extension, diff)
			}
		}
	}
	if tables < 10 || len(written.Files) != 3*tables+2 {
		t.Errorf("%d tables in %d files", tables, len(written.Files))
	}
}

// sameDecimals drops the zeros at the end of decimals: a Parquet column has as many for every currency.
func sameDecimals(rows []map[string]string) []map[string]string {
	for _, row := range rows {
		for key, text := range row {
			if whole, fraction, ok := strings.Cut(text, "."); ok && strings.Trim(whole, "-0123456789") == "" && strings.Trim(fraction, "0123456789") == "" {
				row[key] = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
			}
		}
	}
	return rows
}

// TestParquetOrder: the columns stand as they are declared, and many row groups are one table.
func TestParquetOrder(t *testing.T) {
	day := emptyDay(t)
	day.Matched = withoutErrors(matchedRows(parquetGroup + parquetBatch + 3))
	dir := t.TempDir()
	written, err := Write(dir, []string{FormatParquet, FormatCSV}, day)
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(written.Directory, "matched.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	file, err := parquet.OpenFile(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, path := range file.Schema().Columns() {
		got = append(got, path[0])
	}
	header, _, _ := strings.Cut(string(readFile(t, written.Directory, "matched.csv")), "\r\n")
	if diff := cmp.Diff(strings.Split(header, ","), got); diff != "" {
		t.Errorf("columns (-csv +parquet):\n%s", diff)
	}
	if groups := len(file.RowGroups()); groups != 2 || file.NumRows() != parquetGroup+parquetBatch+3 {
		t.Errorf("%d rows in %d groups", file.NumRows(), groups)
	}
}

func TestScaledAmount(t *testing.T) {
	for _, tc := range []struct {
		amount money.Amount
		want   int64
		fails  bool
	}{
		{eur(-1234), -123400, false}, {jpy(7), 70000, false}, {kwd(12345), 123450, false}, {money.Amount{}, 0, false},
		{jpy(math.MaxInt64 / 10_000), math.MaxInt64 / 10_000 * 10_000, false}, {jpy(math.MaxInt64/10_000 + 1), 0, true}, {jpy(math.MinInt64), 0, true},
		{money.Amount{Minor: 1, Currency: "ZZZ"}, 0, true},
	} {
		if got, err := scaledAmount(tc.amount); (err != nil) != tc.fails || err == nil && got != tc.want {
			t.Errorf("%v: %d, error %v", tc.amount, got, err)
		}
	}
}

// FuzzJSONText: any text comes back as it was, or as the same with what is no UTF-8 replaced.
func FuzzJSONText(f *testing.F) {
	for _, text := range []string{"", "plain", `"quoted" \ back`, "ü€漢", "\x00\x1f\x7f", "</script>&", "\xff\xfe", "a\u2028b"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var back string
		if err := json.Unmarshal(appendJSON(nil, text), &back); err != nil || back != strings.ToValidUTF8(text, "\ufffd") && !strings.Contains(back, "\ufffd") {
			t.Errorf("%q came back as %q: %v", text, back, err)
		}
	})
}
