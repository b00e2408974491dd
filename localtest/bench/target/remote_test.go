package target

import (
	"crypto/rand"
	"path/filepath"
	"testing"
	"time"

	"serverlesschat/localtest/accesstoken"
)

func TestRemote(t *testing.T) {
	t.Chdir("../../..")
	file := filepath.Join(t.TempDir(), "key.pem")
	if _, err := accesstoken.LoadOrCreate(file, rand.Reader); err != nil {
		t.Fatal(err)
	}
	t.Setenv("CHAT_WEBSOCKET_URL", "ws://127.0.0.1:1/chat")
	t.Setenv("CHAT_HTTP_URL", "http://127.0.0.1:1")
	t.Setenv("CHAT_TOKEN_KEY", file)
	remote, err := Open(t.Context(), Options{Poll: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if remote.WebSocket != "ws://127.0.0.1:1/chat" || remote.HTTP != "http://127.0.0.1:1" || remote.Local != nil {
		t.Errorf("got %+v", remote)
	}
	for name, o := range map[string]Options{
		"a delay of the store": {StoreDelay: 1}, "a delay of posts": {PostDelay: 1}, "a limit": {Processes: 1},
		"a parameter": {Parameters: Parameters{"A": "1"}},
	} {
		if _, err := Open(t.Context(), o); err == nil {
			t.Errorf("%s, which cannot be set there, is taken", name)
		}
	}
}
