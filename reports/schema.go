package reports

import (
	"encoding/json"
	"io"
	"strings"
	"time"
)

// SchemaVersion is that of the columns of all files for programs. The second number rises when a column or file is added, the
// first when one is removed, renamed or means something else.
const SchemaVersion = "1.0"

// schemaFile says which CSV files there are and what their columns hold, as a Data Package (datapackage.org): programs that know
// the standard read the files by it.
const schemaFile = "datapackage.json"

type dataPackage struct {
	Profile   string         `json:"profile"`
	Name      string         `json:"name"`
	Version   string         `json:"version"`
	Created   string         `json:"created"`
	Resources []dataResource `json:"resources"`
}

type dataResource struct {
	Profile  string      `json:"profile"`
	Name     string      `json:"name"`
	Title    string      `json:"title"`
	Path     string      `json:"path"`
	Encoding string      `json:"encoding"`
	Dialect  dataDialect `json:"dialect"`
	Schema   dataSchema  `json:"schema"`
}

type dataDialect struct {
	LineTerminator string `json:"lineTerminator"`
}

type dataSchema struct {
	Fields        []dataField `json:"fields"`
	MissingValues []string    `json:"missingValues"`
}

type dataField struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	Type  string `json:"type"`
}

// writeSchema describes the tables that have a file, and returns how many these are.
func writeSchema(to io.Writer, day Day, tables []table) (int64, error) {
	described := dataPackage{
		Profile: "tabular-data-package", Name: "tieout-" + day.FinanceDay, Version: SchemaVersion, Created: day.AsOf.UTC().Format(time.RFC3339),
	}
	for _, t := range tables {
		if t.file != "" {
			described.Resources = append(described.Resources, resourceOf(t))
		}
	}
	encoder := json.NewEncoder(to)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return int64(len(described.Resources)), encoder.Encode(described)
}

func resourceOf(t table) dataResource {
	r := dataResource{
		Profile: "tabular-data-resource", Name: strings.TrimSuffix(t.file, ".csv"), Title: t.name, Path: t.file, Encoding: "utf-8",
		Dialect: dataDialect{LineTerminator: "\r\n"}, Schema: dataSchema{MissingValues: []string{""}},
	}
	for _, i := range inFiles(t.columns) {
		r.Schema.Fields = append(r.Schema.Fields, dataField{Name: t.columns[i].key, Title: t.columns[i].heading, Type: typeOf(t.columns[i].kind)})
	}
	return r
}

// typeOf is the standard's word for a kind of column. A rate is a percentage; a number has a point and no commas.
func typeOf(k kind) string {
	switch k {
	case kindCount:
		return "integer"
	case kindRate, kindAmount:
		return "number"
	case kindTime:
		return "datetime"
	}
	return "string"
}
