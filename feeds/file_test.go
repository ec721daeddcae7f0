package feeds

import (
	"bytes"
	"compress/gzip"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/simplifiedchinese"

	"tieout/reconcile"
)

// namesFormat reads rows of an id and a name; a row of "END" ends the file.
func namesFormat(gbk bool) Format {
	return Format{Name: "names", Columns: []string{"id", "name|title"}, GBK: gbk, Open: func(header Header, account string) (Rows, error) {
		return &names{header: header, account: account}, nil
	}}
}

type names struct {
	header  Header
	account string
	ended   bool
}

func (n *names) Read(row []string) ([]Observation, error) {
	if row[0] == "END" {
		n.ended = true
		return nil, nil
	}
	if err := n.header.Width(row); err != nil {
		return nil, err
	}
	id := n.header.Get(row, "id")
	return []Observation{{Key: reconcile.Key{Account: n.account, ID: id}, Body: RowBody("names", map[string]string{"id": id, "name": n.header.Get(row, "name|title")})}}, nil
}

func (n *names) End() error {
	if !n.ended {
		return errors.New("it has no END")
	}
	return nil
}

func (n *names) Whole() []Observation { return []Observation{{Key: reconcile.Key{ID: "whole"}}} }

// told is what a file's lines say, one text a line.
func told(t *testing.T, content []byte, format Format) (lines []string, failure error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := OpenFile(path)
	if err != nil {
		return nil, err
	}
	if _, err := file.Recognise([]Format{format}); err != nil {
		return nil, err
	}
	for range 2 { // a file can be read again
		lines = nil
		for line, err := range file.Lines(format, "acct") {
			if err != nil {
				return lines, err
			}
			text := line.Reason
			for _, observation := range line.Observations {
				values, _ := RowOf(observation.Body)
				text += observation.Key.ID + "=" + values["name"]
			}
			lines = append(lines, string(rune('0'+line.Number))+" "+text)
		}
	}
	return lines, nil
}

func zipped(t *testing.T, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	writer := gzip.NewWriter(&out)
	if _, err := writer.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestFileIsReadWhateverItsForm(t *testing.T) {
	const text = "Name,ID\n\"Li, 丽\",1\n \n张,2\nEND\n"
	want := []string{"2 1=Li, 丽", "4 2=张", "0 whole="}
	gbk, err := simplifiedchinese.GBK.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"plain": []byte(text), "zipped": zipped(t, text), "zipped in two parts": append(zipped(t, text[:20]), zipped(t, text[20:])...),
		"with a byte order mark": []byte("\uFEFF" + text), "of Windows": []byte(strings.ReplaceAll(text, "\n", "\r\n")),
		"GBK": []byte(gbk), "GBK, zipped": zipped(t, gbk), "another name of a column": []byte(strings.Replace(text, "Name", "TITLE", 1)),
		"semicolons": []byte(strings.NewReplacer("Name,", "Name;", "\",1", "\";1", "张,", "张;").Replace(text)),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := told(t, content, namesFormat(true))
			if difference := cmp.Diff(want, got); err != nil || difference != "" {
				t.Error(err, difference)
			}
		})
	}
}

func TestFileThatCannotBeRead(t *testing.T) {
	whole := zipped(t, "id,name\n"+strings.Repeat("1,Li\n", 1000)+"END\n")
	gbk, err := simplifiedchinese.GBK.NewEncoder().String("id,name\n1,丽\nEND\n")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		content []byte
		want    string
	}{
		"it is empty":                  {nil, "the first line is empty"},
		"its zip breaks off":           {whole[:len(whole)-6], "cannot be read to its end"},
		"something follows the zip":    {append(bytes.Clone(whole), "more"...), "cannot be read to its end"},
		"its zip has no beginning":     {[]byte("\x1f\x8b123456789012"), "gzip"},
		"a column stands twice":        {[]byte("id,name,ID\n"), "names id twice"},
		"its header is another":        {[]byte("id,age\n1,2\n"), "is of no known format: its header is id,age; known are\n  names, by the columns id, name or title"},
		"it lacks what makes it whole": {[]byte("id,name\n1,Li\n"), "it has no END"},
		"a quote is left open":         {[]byte("id,name\n1,\"Li\nEND\n"), "extraneous or missing"},
		"it may not be GBK":            {[]byte(gbk), "is not UTF-8 text"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := told(t, test.content, namesFormat(false)); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
	if _, err := OpenFile(filepath.Join(t.TempDir(), "absent")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func TestBadRowsAreTold(t *testing.T) {
	got, err := told(t, []byte("id,name\n1,Li,3\n2,W\x00\n3,Wu\nEND\n"), namesFormat(false))
	want := []string{"2 the row has 3 fields, the header 2", "3 the row holds bytes that are no text", "4 3=Wu", "0 whole="}
	if difference := cmp.Diff(want, got); err != nil || difference != "" {
		t.Error(err, difference)
	}
}

func TestRowBody(t *testing.T) {
	body := RowBody("names", map[string]string{"b": "2", "a": "<1>", "empty": ""})
	values, ok := RowOf(body)
	if difference := cmp.Diff(map[string]string{"_file": "names", "a": "<1>", "b": "2"}, values); !ok || !FromFile(body) || difference != "" {
		t.Errorf("%s: %s", body, difference)
	}
	for _, other := range []string{`{"id":"x"}`, `{}`, ``, `{"_file":3}`} {
		if _, ok := RowOf([]byte(other)); ok {
			t.Errorf("%s is a row", other)
		}
	}
}
