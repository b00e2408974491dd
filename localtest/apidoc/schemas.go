package apidoc

import (
	"io/fs"
	"strconv"
)

// Schema is one of those that both documents use.
type Schema struct {
	Name  string
	Shape Shape
	Codes []Code // of the schema of error codes
}

// Code is a row of the table of error codes.
type Code struct {
	Name      string
	Status    int // 0 for one that only frames have
	Retryable bool
	When      string
}

func (d *Documents) readSchemas(t *tree) error {
	names, err := fs.Glob(t.folder, schemas+"/*.yaml")
	if err != nil {
		return err
	}
	for _, name := range names {
		root, err := t.root(name)
		if err != nil {
			return err
		}
		for _, p := range root.pairs() {
			s := Schema{Name: p.name, Shape: shapeOf(p.value)}
			for _, c := range p.value.get("x-codes").pairs() {
				status, _ := strconv.Atoi(c.value.get("status").text())
				retryable := c.value.get("retryable").text() == "true"
				s.Codes = append(s.Codes, Code{c.name, status, retryable, c.value.get("when").text()})
			}
			d.Schemas = append(d.Schemas, s)
		}
	}
	return nil
}
