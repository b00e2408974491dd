package accesstoken

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"serverlesschat/localtest/aws/files"
)

// LoadOrCreate returns the key in the file at path: PEM of PKCS #8 (RFC 5958). Without a file it makes a key from
// random bytes and writes it, readable by its owner alone. Of several processes that do so at once, all get the same
// key.
//
// An error names the file. A damaged file is never overwritten: tokens that are still in use may depend on it.
func LoadOrCreate(path string, random io.Reader) (*Key, error) {
	private, err := read(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := create(path, random); err != nil {
			return nil, fmt.Errorf("make signing key %s: %w", path, err)
		}
		private, err = read(path)
	}
	if err != nil {
		return nil, fmt.Errorf("read signing key %s: %w", path, err)
	}
	return newKey(private)
}

// Load returns the key in the file at path, and an error that is fs.ErrNotExist when there is no file.
func Load(path string) (*Key, error) {
	private, err := read(path)
	if err != nil {
		return nil, fmt.Errorf("read signing key %s: %w", path, err)
	}
	return newKey(private)
}

const pemType = "PRIVATE KEY" // RFC 7468, 10

var errDamaged = errors.New("the file is damaged; remove it to have a new key made, and tokens made before will not be accepted any more")

func read(path string) (*ecdsa.PrivateKey, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(data)
	if block == nil || block.Type != pemType {
		return nil, fmt.Errorf("no PEM block %q: %w", pemType, errDamaged)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", err, errDamaged)
	}
	private, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || private.Curve != elliptic.P256() {
		return nil, fmt.Errorf("not a key on the curve P-256: %w", errDamaged)
	}
	return private, nil
}

// create writes a new key. A file that has come into being meanwhile stays as it is.
func create(path string, random io.Reader) error {
	private, err := generate(random)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return err
	}
	err = files.Create(path, pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: der}), 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}
