package accesstoken_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"serverlesschat/localtest/accesstoken"
)

func TestLoadOrCreateKeepsTheKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "folder", "key.pem")
	first, err := accesstoken.LoadOrCreate(path, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	second, err := accesstoken.LoadOrCreate(path, nil) // needs no randomness any more
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := accesstoken.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if first.JWKS() != second.JWKS() || first.JWKS() != loaded.JWKS() {
		t.Error("the key changed")
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode().Perm(); runtime.GOOS != "windows" && mode != 0o600 {
		t.Errorf("mode is %o, want 600", mode)
	}
	expectAlone(t, path)
}

// expectAlone checks that no half-written file lies beside path.
func expectAlone(t *testing.T, path string) {
	t.Helper()
	files, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if f.Name() != filepath.Base(path) {
			t.Errorf("%s was left behind", f.Name())
		}
	}
}

func TestConcurrentCreatorsGetTheSameKey(t *testing.T) {
	const processes = 16
	path := filepath.Join(t.TempDir(), "key.pem")
	var (
		wg    sync.WaitGroup
		start = make(chan struct{})
		ids   [processes]string
	)
	for i := range processes {
		wg.Go(func() {
			<-start
			key, err := accesstoken.LoadOrCreate(path, rand.Reader)
			if err != nil {
				t.Error(err)
				return
			}
			ids[i] = key.ID()
		})
	}
	close(start)
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Fatalf("two keys: %s and %s", ids[0], id)
		}
	}
	expectAlone(t, path)
}

func TestLoadReportsAMissingFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key.pem")
	_, err := accesstoken.Load(path)
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), path) {
		t.Errorf("error is %v", err)
	}
}

func TestDamagedFileIsReportedAndKept(t *testing.T) {
	whole := filepath.Join(t.TempDir(), "whole.pem")
	if _, err := accesstoken.LoadOrCreate(whole, rand.Reader); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	_, ed, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	otherCurve, err := ecdsa.GenerateKey(elliptic.P384(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"empty":         nil,
		"cut short":     good[:len(good)/2],
		"not PEM":       []byte("hello\n"),
		"other block":   bytes.ReplaceAll(good, []byte("PRIVATE KEY"), []byte("PUBLIC KEY")),
		"not a key":     pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("hello")}),
		"other type":    pkcs8(t, ed),
		"another curve": pkcs8(t, otherCurve),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "key.pem")
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := accesstoken.LoadOrCreate(path, rand.Reader)
			if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "remove it") {
				t.Errorf("error is %v, want one that names the file and the way out", err)
			}
			after, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(after, content) {
				t.Error("the file was changed")
			}
		})
	}
}

func pkcs8(t *testing.T, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func TestUnwritableFolderIsReported(t *testing.T) {
	notAFolder := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(notAFolder, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(notAFolder, "key.pem")
	if _, err := accesstoken.LoadOrCreate(path, rand.Reader); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("error is %v, want one that names %s", err, path)
	}
}
