package reports

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSchema: what programs rely on does not change unseen. Who accepts another golden file changes SchemaVersion with it.
func TestSchema(t *testing.T) {
	dir := t.TempDir()
	written, err := Write(dir, []string{FormatCSV}, busyDay(t))
	if err != nil {
		t.Fatal(err)
	}
	content := readFile(t, written.Directory, schemaFile)
	golden(t, "schema.json", content)
	var described dataPackage
	if err := json.Unmarshal(content, &described); err != nil {
		t.Fatal(err)
	}
	for _, resource := range described.Resources {
		header, err := csv.NewReader(bytes.NewReader(readFile(t, written.Directory, resource.Path))).Read()
		if err != nil {
			t.Fatal(err)
		}
		var fields []string
		for _, field := range resource.Schema.Fields {
			fields = append(fields, field.Name)
		}
		if diff := cmp.Diff(header, fields); diff != "" {
			t.Errorf("%s (-its header +the schema):\n%s", resource.Path, diff)
		}
	}
	if len(described.Resources) != len(written.Files)-2 {
		t.Errorf("%d files are described, %d written", len(described.Resources), len(written.Files))
	}
}
