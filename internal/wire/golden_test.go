package wire_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"serverlesschat/internal/chattest/golden"
)

var update = flag.Bool("update", false, "write the golden files anew instead of comparing with them")

const frameFolder = "testdata/frames"

// A golden file has all cases of one kind of frame: {"cases": [{"name": …, "frame": …}]}. A case of a client's frame
// also has "valid": true, or "error": the frame that is the reply. Tests of clients can read the same files.
type goldenCase struct {
	name  string
	frame []byte
	rest  string // further members, each after a comma
}

// row returns the case as it lies in the file, but for the blanks. It is put together from text: an encoder would write
// the frame in its own way, and the frame counts to the byte.
func (c goldenCase) row(t *testing.T) string {
	t.Helper()
	name, err := json.Marshal(c.name)
	if err != nil {
		t.Fatal(err)
	}
	return compact(t, []byte(`{"name":`+string(name)+`,"frame":`+string(c.frame)+c.rest+`}`))
}

// compact takes away blanks, and nothing else: the order of members and the way strings are escaped stay.
func compact(t *testing.T, data []byte) string {
	t.Helper()
	var out bytes.Buffer
	if err := json.Compact(&out, data); err != nil {
		t.Fatalf("%s: %v", data, err)
	}
	return out.String()
}

// expectFrames compares cases with the file of that name.
func expectFrames(t *testing.T, name string, cases []goldenCase) {
	t.Helper()
	path := filepath.Join(frameFolder, name+".json")
	if *update {
		writeFrames(t, path, cases)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []json.RawMessage }
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Cases) != len(cases) {
		t.Fatalf("%s has %d cases, want %d", path, len(file.Cases), len(cases))
	}
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got, want := c.row(t), compact(t, file.Cases[i]); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func writeFrames(t *testing.T, path string, cases []goldenCase) {
	t.Helper()
	all := []byte(`{"cases":[`)
	for i, c := range cases {
		if i > 0 {
			all = append(all, ',')
		}
		all = append(all, c.row(t)...)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, append(all, "]}\n"...), "", "  "); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestEveryGoldenFileIsRead(t *testing.T) {
	if *update {
		t.Skip("the files are only being written")
	}
	var want []string
	for name := range clientFrames() {
		want = append(want, name+".json")
	}
	for name := range serverFrames() {
		want = append(want, name+".json")
	}
	golden.ExpectFiles(t, frameFolder, want)
}
