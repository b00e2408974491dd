package apidoc

import (
	"bytes"
	_ "embed"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

//go:embed page.gohtml
var pageText string

// Page writes the documents as one page of HTML.
func (d *Documents) Page() ([]byte, error) {
	t, err := template.New("page").Funcs(template.FuncMap{"prose": prose, "typeOf": typeOf, "code": codeSpans}).Parse(pageText)
	if err != nil {
		return nil, err
	}
	var page bytes.Buffer
	if err := t.Execute(&page, d); err != nil {
		return nil, err
	}
	return page.Bytes(), nil
}

// Handler serves the page at /, and the documents beside it, for tools. They are read anew for each request: who writes
// them sees the page of what they have just written.
func Handler(folder fs.FS) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
		switch {
		case name == "":
			servePage(w, folder)
		case name == asyncAPI || name == openAPI || path.Dir(name) == schemas && path.Ext(name) == ".yaml":
			w.Header().Set("Content-Type", "application/yaml")
			http.ServeFileFS(w, r, folder, name)
		default:
			http.NotFound(w, r)
		}
	})
}

func servePage(w http.ResponseWriter, folder fs.FS) {
	var page []byte
	d, err := Load(folder)
	if err == nil {
		page, err = d.Page()
	}
	if err != nil {
		http.Error(w, "the documents cannot be shown: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(page) // an error means that the reader has gone
}

// prose returns a text as paragraphs, which empty lines part.
func prose(text string) template.HTML {
	var b strings.Builder
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		if paragraph = strings.TrimSpace(paragraph); paragraph != "" {
			b.WriteString("<p>" + string(codeSpans(paragraph)) + "</p>\n")
		}
	}
	return template.HTML(b.String())
}

// codeSpans returns a text whose parts between backquotes are code.
func codeSpans(text string) template.HTML {
	var b strings.Builder
	for i, part := range strings.Split(text, "`") {
		if escaped := template.HTMLEscapeString(part); i%2 == 1 {
			b.WriteString("<code>" + escaped + "</code>")
		} else {
			b.WriteString(escaped)
		}
	}
	return template.HTML(b.String())
}

// typeOf says in words what a value is. Names of schemas lead to them.
func typeOf(s Shape) template.HTML {
	switch {
	case s.Type == "array" && s.Items != nil:
		return "list of " + typeOf(*s.Items)
	case s.Type == "object" && s.Items != nil:
		return "object of " + typeOf(*s.Items)
	case s.Name != "":
		name := template.HTMLEscapeString(s.Name)
		return template.HTML(`<a href="#schema-` + name + `">` + name + `</a>`)
	case s.Type == "" && len(s.OneOf) > 0:
		var choices []string
		for _, choice := range s.OneOf {
			choices = append(choices, string(typeOf(choice)))
		}
		return template.HTML(strings.Join(choices, " or "))
	}
	return template.HTML(template.HTMLEscapeString(s.Type))
}
