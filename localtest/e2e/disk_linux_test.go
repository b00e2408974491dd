package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"serverlesschat/localtest/chatclient"
)

// mountSmall puts a file system of that size, such as 40m, on a folder until the test ends.
func mountSmall(t *testing.T, folder, size string) {
	t.Helper()
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("left out: a small disk can be mounted by root alone: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
}

// fill takes all the space that is left beside a file, and returns the file that has it.
func fill(t *testing.T, folder string) (file string) {
	t.Helper()
	file = filepath.Join(folder, "fill")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for chunk := make([]byte, 1<<20); len(chunk) > 0; {
		if _, err := f.Write(chunk); err != nil {
			chunk = chunk[:len(chunk)/2]
		}
	}
	return file
}

func TestAFullDiskIsToldAndStopsNothing(t *testing.T) {
	binary, dir := checkout(t)
	local := filepath.Join(dir, ".local")
	data := filepath.Join(local, "data")
	mountSmall(t, data, "48m")
	p, d := launch(t, binary, dir)
	w := newWorld(t, d)
	ann := w.as("ann")
	ann.joins("lobby")
	ann.sends("lobby", "before")
	filler := fill(t, data)
	await(t, "the full disk is told", func() bool {
		// The engine keeps a little space in its files: a message at a time, until that is used up.
		_, err := ann.client.Send(w.ctx, w.room("lobby"), strings.Repeat("x", 3000), "while")
		refused, ok := err.(*chatclient.Error)
		return ok && refused.Code == "unavailable"
	})
	await(t, "health tells", func() bool {
		status, body := getBody(t, d.http+"/_local/health")
		return status == http.StatusServiceUnavailable && strings.Contains(body, "is full")
	})
	await(t, "the chat's health tells", func() bool {
		status, body := getBody(t, d.http+"/health")
		return status == http.StatusServiceUnavailable && strings.Contains(body, `"store":"unavailable"`)
	})
	for _, want := range []string{"level=ERROR", "is full", "Free some", "disk is full"} { // the last is the engine's word
		await(t, want, func() bool { return strings.Contains(p.printed.String(), want) })
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	w.sendsUntilStored(ann, "lobby", "after")
	await(t, "it is well again", func() bool {
		chat, _ := getBody(t, d.http+"/health")
		stack, _ := getBody(t, d.http+"/_local/health")
		return chat == http.StatusOK && stack == http.StatusOK
	})
	if got := ann.history("lobby", "").Messages; got[0].Content != "before" || got[len(got)-1].Content != "after" {
		t.Errorf("history: %+v", got)
	}
	p.interrupt()
}

func TestAStartOnAFullDiskSaysSo(t *testing.T) {
	binary, dir := checkout(t)
	local := filepath.Join(dir, ".local")
	if err := os.RemoveAll(local); err != nil {
		t.Fatal(err)
	}
	mountSmall(t, local, "1m")
	fill(t, local)
	p := begin(t, binary, dir, nil)
	if code := p.awaitEnd(); code != 1 || !strings.Contains(p.printed.String(), "free some space") {
		t.Errorf("it ended with %d:\n%s", code, p.printed)
	}
}
