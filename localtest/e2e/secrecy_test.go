package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"serverlesschat/localtest/aws/template"
)

// Tokens are for the functions that verify them, and contents of messages for the store and for those who read them. So
// what a run leaves behind is searched for all that its stories have sent: the logs of functions and of engines, what
// stacks print, the journals of queues, dead letters among them. Each stack is searched when it ends, and what was found
// fails the run at its end.

// shortest is how many bytes a token's part or a content has at least that is searched for. Shorter ones are in the logs
// by chance, and so are contents that could be a name: of a room, an action, a user. For their sake no member called
// content may be there at all, whatever it holds.
const shortest = 8

// names are what logs have many of.
var names = regexp.MustCompile(`^[a-zA-Z0-9._-]{1,64}$`)

// secrecy is what the stories have sent, and where it was found.
type secrecy struct {
	mu       sync.Mutex
	sent     map[[shortest]byte]map[string]string // by its first bytes: the text, and what it is
	searched map[string]bool                      // names of files that were not empty
	found    map[string]string                    // by file and what it has: the first line
}

func newSecrecy() *secrecy {
	return &secrecy{
		sent: map[[shortest]byte]map[string]string{}, searched: map[string]bool{}, found: map[string]string{},
	}
}

// confidential is the secrecy of this test binary.
var confidential = sync.OnceValue(newSecrecy)

// add has a text be searched for.
func (s *secrecy) add(text, what string) {
	if len(text) < shortest {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key := [shortest]byte([]byte(text))
	if s.sent[key] == nil {
		s.sent[key] = map[string]string{}
	}
	s.sent[key][text] = what
}

// token notes a token that is sent. Its header is the same in all tokens of a key, and no secret.
func (s *secrecy) token(token string) {
	_, rest, _ := strings.Cut(token, ".")
	for part := range strings.SplitSeq(rest, ".") {
		s.add(part, "a part of a token")
	}
}

// body notes the content and the token of a frame or of a request's body, as they are and as JSON may write them.
func (s *secrecy) body(text []byte) {
	var body struct{ Content, Token json.RawMessage }
	if json.Unmarshal(text, &body) != nil {
		return
	}
	var content, token string
	if json.Unmarshal(body.Token, &token) == nil {
		s.token(token)
	}
	if json.Unmarshal(body.Content, &content) == nil && !names.MatchString(content) {
		what := fmt.Sprintf("the content %.60q", content)
		s.add(content, what)
		s.add(string(bytes.Trim(body.Content, `"`)), what)
	}
}

// front stands before the HTTP API, and notes what requests have.
func (s *secrecy) front(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.token(r.Header.Get("Authorization"))
		body, err := io.ReadAll(r.Body)
		s.body(body)
		r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), failing{err}))
		next.ServeHTTP(w, r)
	})
}

// failing is the end of a body that could not be read any further.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) {
	if f.err == nil {
		return 0, io.EOF
	}
	return 0, f.err
}

// contentMember is how a frame, an entry or a row shows its content in JSON, also in JSON that is a string, and as Go
// prints it.
var contentMember = regexp.MustCompile(`"content\\*":|\bContent:|\bcontent:map\[`)

// search looks for all that was sent, in the text of a file or of a console.
func (s *secrecy) search(name string, text []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(text) > 0 {
		s.searched[filepath.Base(name)] = true
	}
	if at := contentMember.FindIndex(text); at != nil {
		s.note(name, "a member called content", text, at[0])
	}
	for i := 0; i+shortest <= len(text); i++ {
		for sent, what := range s.sent[[shortest]byte(text[i:])] {
			if bytes.HasPrefix(text[i:], []byte(sent)) {
				s.note(name, what, text, i)
			}
		}
	}
}

// note keeps what was found, with its line from a little before on.
func (s *secrecy) note(name, what string, text []byte, at int) {
	begin, end := bytes.LastIndexByte(text[:at], '\n')+1, len(text)
	if i := bytes.IndexByte(text[at:], '\n'); i >= 0 {
		end = at + i
	}
	if key := name + " has " + what; s.found[key] == "" {
		s.found[key] = fmt.Sprintf("%.500s", text[max(begin, at-200):end])
	}
}

// searchFolder searches all files of a folder; there may be none.
func (s *secrecy) searchFolder(folder string) error {
	return filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil || !entry.Type().IsRegular():
			return err
		}
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) { // a function rotates its log, a queue compacts its journal
			return nil
		}
		s.search(path, text)
		return err
	})
}

// judge returns what was found; and, if all stories have run, what should have been searched and was not.
func (s *secrecy) judge(all bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, found := range slices.Sorted(maps.Keys(s.found)) {
		errs = append(errs, fmt.Errorf("secrecy: %s: %s", found, s.found[found]))
	}
	if !all {
		return errors.Join(errs...)
	}
	system, err := template.Load(filepath.Join(root, "template.yaml"), template.Options{StackName: stackName})
	if err != nil {
		return err
	}
	want := []string{"console"}
	for _, f := range system.Functions {
		want = append(want, f.Name+".log")
	}
	for _, q := range system.Queues {
		want = append(want, q.Name+".journal")
	}
	for _, name := range want {
		if !s.searched[name] {
			errs = append(errs, fmt.Errorf("secrecy: no stack had a %s that could be searched", name))
		}
	}
	return errors.Join(errs...)
}
