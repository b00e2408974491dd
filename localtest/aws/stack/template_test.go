package stack

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const templatePath = "serverlesschat/localtest/aws/template"

// onlyTemplate is an importer that knows the template package and takes every other for empty. What does not type check
// for that is not asked for.
type onlyTemplate struct {
	files    *token.FileSet
	template *types.Package
}

func (o *onlyTemplate) Import(path string) (*types.Package, error) {
	if path == templatePath {
		return o.template, nil
	}
	empty := types.NewPackage(path, path[strings.LastIndex(path, "/")+1:])
	empty.MarkComplete()
	return empty, nil
}

// check type checks the package in a folder, without its tests, and returns the fields that it selects.
func (o *onlyTemplate) check(t *testing.T, path, folder string) (*types.Package, map[*types.Var]bool) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(o.files, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	info := &types.Info{Selections: map[*ast.SelectorExpr]*types.Selection{}}
	config := types.Config{Importer: o, Error: func(error) {}}
	pkg, _ := config.Check(path, o.files, files, info)
	selected := map[*types.Var]bool{}
	for _, selection := range info.Selections {
		if field, is := selection.Obj().(*types.Var); is {
			selected[field] = true
		}
	}
	return pkg, selected
}

// What the template says is acted on: something outside of package template reads every field of what it describes. A
// new property that is read and then forgotten fails here.
func TestEverythingThatATemplateSaysIsActedOn(t *testing.T) {
	o := &onlyTemplate{files: token.NewFileSet()}
	o.template, _ = o.check(t, templatePath, "../template")
	_, selected := o.check(t, "serverlesschat/localtest/aws/stack", ".")
	exceptions := map[string]string{
		"WebSocketAPI.LogicalID":   "the loader finds the API of a route by it",
		"WebSocketRoute.LogicalID": "the loader finds the route of a response by it",
		"HTTPAPI.LogicalID":        "the loader finds the API of a route by it",
		"Table.LogicalID":          "System.Table finds it by it",
		"Queue.LogicalID":          "System.Queue finds it by it",
		"Role.Line":                "a test asks that each role stands under its function",
		"System.Parameters":        "it is for those who started the stack",
		"System.Conditions":        "they have done their work in the loader; a test asks which way each went",
		"Function.Runtime":         "the loader takes one value alone, the one that is emulated",
		"Function.Architecture":    "functions are built for this machine, and the parameter Architecture says which it is",
	}
	for _, name := range fieldsOf(o.template, "System", map[string]bool{}) {
		owner, field, _ := strings.Cut(name, ".")
		object := o.template.Scope().Lookup(owner).Type().Underlying().(*types.Struct)
		used := false
		for i := range object.NumFields() {
			used = used || object.Field(i).Name() == field && selected[object.Field(i)]
		}
		if _, excepted := exceptions[name]; used == excepted {
			t.Errorf("%s: something reads it: %t, it is an exception: %t", name, used, excepted)
		}
		delete(exceptions, name)
	}
	if len(exceptions) > 0 {
		t.Errorf("exceptions for what is not there: %v", slices.Collect(maps.Keys(exceptions)))
	}
}

// fieldsOf lists the exported fields of a struct of the package, and of the structs that it is made of, as TYPE.FIELD.
func fieldsOf(pkg *types.Package, name string, seen map[string]bool) (fields []string) {
	object, is := pkg.Scope().Lookup(name).Type().Underlying().(*types.Struct)
	if !is || seen[name] {
		return nil
	}
	seen[name] = true
	for i := range object.NumFields() {
		field := object.Field(i)
		fields = append(fields, name+"."+field.Name())
		typ := field.Type()
		for {
			switch container := typ.(type) {
			case *types.Pointer:
				typ = container.Elem()
				continue
			case *types.Slice:
				typ = container.Elem()
				continue
			}
			break
		}
		if named, is := typ.(*types.Named); is && named.Obj().Pkg() == pkg {
			fields = append(fields, fieldsOf(pkg, named.Obj().Name(), seen)...)
		}
	}
	return fields
}
