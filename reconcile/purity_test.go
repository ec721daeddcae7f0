package reconcile_test

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The core is pure (design §2): it imports little, asks for no time, prints nothing, starts nothing and never ranges over a
// map. These are all that it may import.
var pureImports = map[string]bool{
	"cmp": true, "crypto/sha256": true, "encoding/hex": true, "errors": true, "fmt": true, "math": true, "slices": true,
	"strconv": true, "strings": true, "time": true, "unicode": true, "tieout/reconcile/money": true,
}

// impure are the names that even those packages must not be asked for.
var impure = map[string]bool{
	"time.Now": true, "time.Since": true, "time.Until": true, "time.Sleep": true, "time.After": true, "time.AfterFunc": true,
	"time.Tick": true, "time.NewTicker": true, "time.NewTimer": true, "time.LoadLocation": true, "time.Local": true,
	"fmt.Print": true, "fmt.Printf": true, "fmt.Println": true,
}

func TestTheCoreIsPure(t *testing.T) {
	std := importer.Default()
	amounts := pureCheck(t, "money", "tieout/reconcile/money", std)
	pureCheck(t, ".", "tieout/reconcile", importerFunc(func(path string) (*types.Package, error) {
		if path == amounts.Path() {
			return amounts, nil
		}
		return std.Import(path)
	}))
}

type importerFunc func(path string) (*types.Package, error)

func (f importerFunc) Import(path string) (*types.Package, error) { return f(path) }

func pureCheck(t *testing.T, folder, path string, imports types.Importer) *types.Package {
	t.Helper()
	fset := token.NewFileSet()
	files := sources(t, fset, folder)
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}}
	checked, err := (&types.Config{Importer: imports}).Check(path, fset, files, info)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			if n == nil {
				return false
			}
			if fault := impurity(n, info); fault != "" {
				t.Errorf("%s: %s", fset.Position(n.Pos()), fault)
			}
			return true
		})
	}
	return checked
}

// sources parses the files of a folder that are not tests.
func sources(t *testing.T, fset *token.FileSet, folder string) []*ast.File {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, entry := range entries {
		if name := entry.Name(); strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			file, err := parser.ParseFile(fset, filepath.Join(folder, name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, file)
		}
	}
	if len(files) == 0 {
		t.Fatalf("no source files in %s", folder)
	}
	return files
}

func impurity(n ast.Node, info *types.Info) string {
	switch n := n.(type) {
	case *ast.ImportSpec:
		if path := strings.Trim(n.Path.Value, `"`); !pureImports[path] {
			return "imports " + path
		}
	case *ast.GoStmt, *ast.SelectStmt, *ast.SendStmt, *ast.ChanType:
		return "starts or waits for something"
	case *ast.RangeStmt:
		if _, isMap := info.Types[n.X].Type.Underlying().(*types.Map); isMap {
			return "ranges over a map: the order would show"
		}
	case *ast.Ident:
		if object := info.Uses[n]; object != nil && object.Pkg() != nil && impure[object.Pkg().Path()+"."+object.Name()] && object.Parent() == object.Pkg().Scope() {
			return "uses " + object.Pkg().Path() + "." + object.Name()
		}
	}
	return ""
}

// What the test forbids is found where it stands.
func TestImpurityIsFound(t *testing.T) {
	const bad = `package bad
import ("fmt"; "maps"; "time")
func f(m map[string]int, c chan int) {
	for k := range m { fmt.Println(k) }
	go f(m, c)
	c <- 1
	_ = maps.Keys(m)
	_ = time.Now().After(time.Time{})
}`
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "bad.go", bad, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}}
	if _, err := (&types.Config{Importer: importer.Default()}).Check("bad", fset, []*ast.File{file}, info); err != nil {
		t.Fatal(err)
	}
	found := 0
	ast.Inspect(file, func(n ast.Node) bool {
		if n != nil && impurity(n, info) != "" {
			found++
		}
		return true
	})
	// maps, chan int, range, Println, go, send, Now; Time.After is no clock.
	if found != 7 {
		t.Errorf("%d of 7 impurities found", found)
	}
}
