package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestStoryBadRoomRequests: whatever is wrong is told by its code and its field, for each call, and changes nothing.
func TestStoryBadRoomRequests(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ann, bob, eve := w.as("ann"), w.as("bob"), w.as("eve")
		ann.does("joinRoom", fields{"room_id": w.room("hall")})
		bob.does("joinRoom", fields{"room_id": w.room("hall")})
		hall, nowhere, bad := roomPath(w.room("hall")), roomPath(w.room("nowhere")), "/rooms/a%20b"
		member := "/members/" + bob.user
		long := strings.Repeat("x", 81)
		huge := fmt.Sprintf(`{"pad":%q}`, strings.Repeat("x", 32<<10))
		public := func(name string) string {
			return fmt.Sprintf(`{"kind":"public","room_id":%q,"name":%q}`, w.room("hall"), name)
		}
		for _, c := range []struct {
			who          *person
			method, path string
			body         string
			code, field  string
		}{
			{ann, "GET", "/rooms?limit=0", "", "invalid", "limit"},
			{ann, "GET", "/rooms?limit=101", "", "invalid", "limit"},
			{ann, "GET", "/rooms?cursor=a", "", "invalid", "cursor"},
			{ann, "GET", "/rooms?public=1", "", "invalid", "public"},
			{ann, "POST", "/rooms", "{}", "invalid", "kind"},
			{ann, "POST", "/rooms", "[]", "invalid", ""},
			{ann, "POST", "/rooms", `{"kind":"secret"}`, "invalid", "kind"},
			{ann, "POST", "/rooms", public(long), "invalid", "name"},
			{ann, "POST", "/rooms", public(" "), "invalid", "name"},
			{ann, "POST", "/rooms", public("x"), "conflict", ""},
			{ann, "POST", "/rooms", `{"kind":"public","room_id":"p.1","name":"x"}`, "invalid", "room_id"},
			{ann, "POST", "/rooms", `{"kind":"private"}`, "invalid", "name"},
			{ann, "POST", "/rooms", `{"kind":"direct","user_id":"a b"}`, "invalid", "user_id"},
			{ann, "POST", "/rooms", huge, "too_large", ""},
			{ann, "GET", bad, "", "invalid", "room_id"},
			{ann, "GET", nowhere, "", "not_found", ""},
			{ann, "PATCH", hall, `{"name":7}`, "invalid", "name"},
			{ann, "PATCH", hall, `{"slow_mode_s":21601}`, "invalid", "slow_mode_s"},
			{ann, "PATCH", hall, `{"slow_mode_s":-1}`, "invalid", "slow_mode_s"},
			{ann, "PATCH", hall, `{"retention_days":3651}`, "invalid", "retention_days"},
			{ann, "PATCH", hall, huge, "too_large", ""},
			{bob, "PATCH", hall, `{"name":"mine"}`, "forbidden", ""},
			{eve, "PATCH", hall, `{"slow_mode_s":1}`, "forbidden", ""},
			{ann, "PATCH", nowhere, `{"name":"x"}`, "not_found", ""},
			{ann, "DELETE", bad, "", "invalid", "room_id"},
			{bob, "DELETE", hall, "", "forbidden", ""},
			{ann, "DELETE", nowhere, "", "not_found", ""},
			{ann, "GET", hall + "/members?limit=x", "", "invalid", "limit"},
			{eve, "GET", hall + "/members", "", "forbidden", ""},
			{ann, "GET", nowhere + "/members", "", "not_found", ""},
			{ann, "GET", hall + "/receipts?limit=0", "", "invalid", "limit"},
			{ann, "GET", hall + "/presence?limit=0", "", "invalid", "limit"},
			{eve, "GET", hall + "/presence", "", "forbidden", ""},
			{ann, "GET", nowhere + "/presence", "", "not_found", ""},
			{ann, "GET", hall + "/audit?cursor=a", "", "invalid", "cursor"},
			{bob, "GET", hall + "/audit", "", "forbidden", ""},
			{ann, "GET", nowhere + "/audit", "", "not_found", ""},
			{ann, "GET", "/users/a%20b", "", "invalid", "user_id"},
			{ann, "GET", "/users/" + w.name + "-nobody", "", "not_found", ""},
			{ann, "PUT", "/users/me/blocks/" + ann.user, "", "invalid", "user_id"},
			{ann, "DELETE", "/users/me/blocks/me", "", "invalid", "user_id"},
			{ann, "PUT", hall + member, `{"role":"king"}`, "invalid", "role"},
			{ann, "PUT", hall + member, `{"muted_until":"soon"}`, "invalid", "muted_until"},
			{ann, "PUT", hall + member, `{"banned":"yes"}`, "invalid", "banned"},
			{ann, "PUT", hall + member, `{"banned":true,"role":"member"}`, "invalid", "banned"},
			{ann, "PUT", hall + "/members/a%20b", "{}", "invalid", "user_id"},
			{ann, "PUT", hall + member, huge, "too_large", ""},
			{ann, "PUT", hall + "/members/" + eve.user, "{}", "forbidden", ""},
			{bob, "PUT", hall + member, `{"role":"owner"}`, "forbidden", ""},
			{bob, "PUT", hall + "/members/" + ann.user, `{"banned":true}`, "forbidden", ""},
			{ann, "PUT", nowhere + member, "{}", "not_found", ""},
			{ann, "PUT", hall + "/members/" + ann.user, `{"role":"member"}`, "conflict", ""},
			{ann, "DELETE", hall + "/members/me", "", "invalid", "user_id"},
			{bob, "DELETE", hall + "/members/" + ann.user, "", "forbidden", ""},
			{ann, "DELETE", nowhere + member, "", "not_found", ""},
			{ann, "DELETE", hall + "/members/" + ann.user, "", "conflict", ""},
		} {
			a, err := c.who.calls(c.method, c.path, "application/json", c.body)
			if err != nil {
				t.Fatal(err)
			}
			if p := a.problem(); p.Code != c.code || p.Field != c.field {
				t.Errorf("%s %s %.80s: got %d %s", c.method, c.path, c.body, a.status, a.body)
			}
		}
		for _, call := range []string{
			"GET /rooms", "POST /rooms", "GET " + hall, "PATCH " + hall, "DELETE " + hall, "GET " + hall + "/members",
			"PUT " + hall + member, "DELETE " + hall + member, "GET " + hall + "/audit", "GET " + hall + "/receipts", "GET " + hall + "/presence",
			"GET /users/" + bob.user,
			"PUT /users/me/blocks/" + bob.user, "DELETE /users/me/blocks/" + bob.user,
		} {
			method, path, _ := strings.Cut(call, " ")
			a, err := ann.callsAs("Bearer nonsense", method, path, "application/json", "{}")
			if err != nil || a.status != http.StatusUnauthorized {
				t.Errorf("%s without a token: %d %s, %v", call, a.status, a.body, err)
			}
		}
		if got := ann.changesOf(w.room("hall")); len(got) != 1 {
			t.Errorf("the log tells %q", got)
		}
	})
}
