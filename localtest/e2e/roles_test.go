package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// standings are all that a user can be to a room, and what each may do: written down once more, as the protocol has it,
// and tried over the wire. A letter each:
//
//	s  see the room            r  read it              w  write, and react       o  delete an own message
//	d  delete another's        a  add somebody         m  mute and unban         t  set the slow mode
//	g  rename it               j  join
func standings() map[string]string {
	return map[string]string{
		"public stranger": "sj", "public banned": "s", "public member": "srwoj", "public muted": "sroj",
		"public moderator": "srwodmtj", "public owner": "srwodmtgj",
		"private outsider": "", "private banned": "", "private member": "srwoj", "private muted": "sroj",
		"private moderator": "srwodamtj", "private owner": "srwodamtgj",
		"direct outsider": "", "direct peer": "srwoj",
	}
}

// stage is a room with one user of each standing.
type stage struct {
	*world
	room   string
	host   *person // who has opened it
	victim *person // an ordinary member
}

func (s *stage) posts(p *person, content string) chatID {
	p.Helper()
	body := fmt.Sprintf(`{"content":%q,"client_message_id":%q}`, content, content)
	return gets[struct{ Message chatID }](p, http.StatusCreated, http.MethodPost, roomPath(s.room)+"/messages", body).Message
}

type chatID struct{ ID int64 }

// enter makes a new user have the standing.
func (s *stage) enter(kind, standing string) *person {
	s.Helper()
	p := s.as(strings.ReplaceAll(kind+"-"+standing, " ", "-"))
	put := func(body string) {
		gets[shownMember](s.host, http.StatusOK, http.MethodPut, memberPath(s.room, p), body)
	}
	if standing == "stranger" || standing == "outsider" {
		return p
	}
	if standing != "banned" {
		if kind == "private" {
			put("{}")
		}
		p.does("joinRoom", fields{"room_id": s.room})
		s.posts(p, "mine"+standing)
	}
	switch standing {
	case "banned":
		put(`{"banned":true}`)
	case "muted":
		put(fmt.Sprintf(`{"muted_until":%q}`, time.Now().Add(time.Hour).UTC().Format(time.RFC3339)))
	case "moderator", "owner":
		put(fmt.Sprintf(`{"role":%q}`, standing))
	}
	return p
}

// tries does everything that rights are needed for, and returns the letters of what was allowed. Nothing that it does
// changes what another may do.
func (s *stage) tries(p *person, n int) string {
	p.Helper()
	path, allowed := roomPath(s.room), ""
	try := func(letter, method, path, body string) {
		a, err := p.calls(method, path, "application/json", body)
		if err != nil {
			p.Fatal(err)
		}
		switch code := a.problem().Code; {
		case a.status < http.StatusBadRequest:
			allowed += letter
		case code != "forbidden" && code != "not_found":
			p.Errorf("%s: %s %s: %d %s", p.user, method, path, a.status, a.body)
		}
	}
	do := func(letter, action string, f fields) {
		f["room_id"] = s.room
		if _, err := p.client.Do(p.ctx, action, f); err == nil {
			allowed += letter
		} else if !strings.Contains(err.Error(), "forbidden") && !strings.Contains(err.Error(), "not_found") {
			p.Errorf("%s: %s: %v", p.user, action, err)
		}
	}
	try("s", http.MethodGet, path, "")
	try("r", http.MethodGet, path+"/messages?limit=100", "")
	do("w", "sendMessage", fields{"content": "hi", "client_message_id": fmt.Sprint("w", n)})
	for _, e := range gets[page](s.host, http.StatusOK, http.MethodGet, path+"/messages?limit=100", "").Messages {
		switch {
		case e.UserID == p.user && strings.HasPrefix(e.Content, "mine"):
			do("o", "deleteMessage", fields{"target_id": e.ID, "client_message_id": fmt.Sprint("o", n)})
		case e.Content == fmt.Sprint("victim", n):
			do("d", "deleteMessage", fields{"target_id": e.ID, "client_message_id": fmt.Sprint("d", n)})
		}
	}
	newcomer := s.name + fmt.Sprint("-new", n)
	try("a", http.MethodPut, path+"/members/"+newcomer, "{}")
	try("m", http.MethodPut, memberPath(s.room, s.victim), `{"muted_until":"2000-01-01T00:00:00Z","banned":false}`)
	try("t", http.MethodPatch, path, `{"slow_mode_s":0}`)
	try("g", http.MethodPatch, path, fmt.Sprintf(`{"name":"name %d"}`, n))
	do("j", "joinRoom", fields{})
	return allowed
}

// TestWhoMayWhat goes through all standings and all rights.
func TestWhoMayWhat(t *testing.T) {
	once(t, func(t *testing.T, w *world) {
		stages := map[string]*stage{}
		for _, kind := range []string{"public", "private", "direct"} {
			s := &stage{world: w, host: w.as(kind + "-host"), victim: w.as(kind + "-victim")}
			body := map[string]string{
				"public":  fmt.Sprintf(`{"kind":"public","room_id":%q,"name":"x"}`, w.room("who-may")),
				"private": `{"kind":"private","name":"x"}`,
				"direct":  fmt.Sprintf(`{"kind":"direct","user_id":%q}`, s.victim.user),
			}[kind]
			s.room = gets[shownRoom](s.host, http.StatusCreated, http.MethodPost, "/rooms", body).RoomID
			if kind == "private" {
				gets[shownMember](s.host, http.StatusOK, http.MethodPut, memberPath(s.room, s.victim), "{}")
			}
			s.victim.does("joinRoom", fields{"room_id": s.room})
			stages[kind] = s
		}
		n := 0
		for name, want := range standings() {
			n++
			kind, standing, _ := strings.Cut(name, " ")
			s := stages[kind]
			s.posts(s.victim, fmt.Sprint("victim", n))
			var p *person
			if standing == "peer" {
				p = s.host
				s.posts(p, "mine")
			} else {
				p = s.enter(kind, standing)
			}
			got := order(s.tries(p, n))
			if want = order(want); got != want {
				t.Errorf("%s may %q, want %q", name, got, want)
			}
		}
	})
}

// order brings letters into one order.
func order(letters string) string {
	ordered := ""
	for _, c := range "srwodamtgj" {
		if strings.ContainsRune(letters, c) {
			ordered += string(c)
		}
	}
	return ordered
}
