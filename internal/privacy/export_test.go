package privacy_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/privacy"
)

func (w *world) exporter(size func(privacy.Record) int) *privacy.Exporter {
	return privacy.NewExporter(privacy.ExporterOptions{Store: w.store, Size: size})
}

// exports reads all pages, and returns the records as text and how many pages there were.
func (w *world) exports(user chat.UserID, size func(privacy.Record) int) (all []string, pages int) {
	w.Helper()
	for cursor := ""; ; {
		page, next, err := w.exporter(size).Page(w.Context(), user, cursor)
		w.ok(err)
		for _, r := range page {
			text, err := json.Marshal(r)
			w.ok(err)
			all = append(all, string(text))
		}
		if pages++; next == "" {
			return all, pages
		}
		cursor = next
	}
}

// TestExportHasAllThatIsStored: every row with the user's name is in it, but those that are others' alone.
func TestExportHasAllThatIsStored(t *testing.T) {
	each(t, func(w *world) {
		ann, _ := w.lives()
		all, _ := w.exports(ann, func(privacy.Record) int { return 1 })
		text := strings.Join(all, "\n")
		for _, want := range []string{
			secret, secret + ", edited", "annsmile", "label of " + string(ann), "of " + string(ann), `"Kind":"session"`,
			`"Kind":"connection"`, "subscription#", `"Kind":"presence"`, `"Kind":"poll"`, `"Kind":"member"`, "slow_at", "read_id",
			`"action":"muted"`, `"action":"settings"`, `"action":"banned"`, "block#" + string(w.user("carol")),
		} {
			if !strings.Contains(text, want) {
				t.Errorf("%q is not exported", want)
			}
		}
		for _, hidden := range []string{"what bob said", "blocked#", `"h":`, `"token":`} {
			if strings.Contains(text, hidden) {
				t.Errorf("%q is exported", hidden)
			}
		}
	})
}

// TestExportComesInPages that are all of it, whatever their size.
func TestExportComesInPages(t *testing.T) {
	each(t, func(w *world) {
		ann, _ := w.lives()
		for i := range 120 { // more than one read takes
			w.sends(ann, w.room("hall"), fmt.Sprint("more ", i))
			*w.clock = w.now().Add(time.Second)
		}
		want, pages := w.exports(ann, func(privacy.Record) int { return 1 })
		if pages != 1 {
			t.Errorf("%d pages", pages)
		}
		for _, size := range []int{5 << 20, 1 << 19} {
			got, pages := w.exports(ann, func(privacy.Record) int { return size })
			if strings.Join(got, "\n") != strings.Join(want, "\n") || pages < len(want)*size/(5<<20) {
				t.Errorf("records of %d bytes: %d in %d pages, want %d", size, len(got), pages, len(want))
			}
		}
	})
}

// TestACursorIsOfItsUser, and nothing else is one.
func TestACursorIsOfItsUser(t *testing.T) {
	each(t, func(w *world) {
		ann, _ := w.lives()
		_, cursor, err := w.exporter(func(privacy.Record) int { return 5 << 20 }).Page(t.Context(), ann, "")
		if err != nil || cursor == "" {
			t.Fatalf("the first page: %q, %v", cursor, err)
		}
		for name, c := range map[string]struct {
			user   chat.UserID
			cursor string
			code   chat.Code
		}{
			"one's own": {ann, cursor, ""}, "another's": {w.user("bob"), cursor, chat.CodeInvalid},
			"cut": {ann, cursor[:8], chat.CodeInvalid}, "no base64url": {ann, "=" + cursor, chat.CodeInvalid},
			"of no kind": {ann, cursor[:12] + base64.RawURLEncoding.EncodeToString([]byte("x\n")), chat.CodeInvalid},
		} {
			_, _, err := w.exporter(func(privacy.Record) int { return 1 }).Page(t.Context(), c.user, c.cursor)
			if chat.CodeOf(err) != c.code {
				t.Errorf("%s: %v, want %q", name, err, c.code)
			}
		}
	})
}

// nothing is stored about anybody.
type nothing struct{ *testing.T }

func (n nothing) Export(
	_ context.Context, user chat.UserID, kind privacy.Kind, _ string, _ int,
) ([]privacy.Record, string, error) {
	if user != "ann" || kind == "" {
		n.Errorf("asked for %q of %q", kind, user)
	}
	return nil, "", nil
}

// FuzzCursor: whatever comes as a cursor is refused, or leads to what is stored about the user.
func FuzzCursor(f *testing.F) {
	f.Add("")
	f.Add("AAAAAAAAAAAAc2Vzc2lvbgo")
	f.Fuzz(func(t *testing.T, cursor string) {
		x := privacy.NewExporter(privacy.ExporterOptions{Store: nothing{t}, Size: func(privacy.Record) int { return 1 }})
		if _, next, err := x.Page(t.Context(), "ann", cursor); err != nil && chat.CodeOf(err) != chat.CodeInvalid || next != "" {
			t.Errorf("%q: next %q, %v", cursor, next, err)
		}
	})
}
