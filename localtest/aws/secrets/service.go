package secrets

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"time"
)

// Secret is a secret whose value is generated.
type Secret struct {
	// Key is what the value is kept under: 1 to 255 letters and digits. The name may change, and the value stays.
	Key      string
	Name     string
	ARN      string // its name is followed by a hyphen and six characters
	Password Password
}

// Config is what a Service works with.
type Config struct {
	Secrets []Secret
	// Dir is the folder of the values, which is made when needed. Empty: they are kept in memory.
	Dir string
	// Now is when a value was generated; nil means time.Now.
	Now func() time.Time
	// Random makes values and ids; nil means crypto/rand.Reader.
	Random io.Reader
}

// Service has the secrets of a configuration. It is safe for use by many goroutines.
type Service struct {
	secrets []Secret
	stored  map[string]stored // by key; never changed after Open
}

// Open reads the values of secrets, and generates those that are missing. Nothing needs to be closed.
//
// Errors name what is wrong with the configuration, or the file that cannot be used.
func Open(c Config) (*Service, error) {
	c.Secrets = slices.Clone(c.Secrets)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Random == nil {
		c.Random = rand.Reader
	}
	if err := c.validate(); err != nil {
		return nil, err
	}
	all, err := c.loadAll()
	if err != nil {
		return nil, err
	}
	return &Service{secrets: c.Secrets, stored: all}, nil
}

var (
	keys         = regexp.MustCompile(`^[a-zA-Z0-9]{1,255}$`)
	completeARNs = regexp.MustCompile(`^arn:.*-[a-zA-Z0-9]{6}$`)
)

// suffixLength is the length of the hyphen and of what follows it at the end of a secret's ARN.
const suffixLength = len("-abcdef")

// validate names all that is wrong.
func (c *Config) validate() error {
	var errs []error
	seen := map[string]bool{}
	for _, s := range c.Secrets {
		switch {
		case !keys.MatchString(s.Key):
			errs = append(errs, fmt.Errorf("secret %q: its key must have 1 to 255 letters and digits", s.Key))
		case s.Name == "" || !completeARNs.MatchString(s.ARN):
			errs = append(errs, fmt.Errorf("secret %s: it needs a name, and an ARN that ends in six characters", s.Key))
		case seen[s.Key] || seen[s.Name] || seen[s.ARN]:
			errs = append(errs, fmt.Errorf("secret %s is there twice", s.Key))
		default:
			if err := s.Password.Validate(); err != nil {
				errs = append(errs, fmt.Errorf("secret %s: %w", s.Key, err))
			}
		}
		seen[s.Key], seen[s.Name], seen[s.ARN] = true, true, true
	}
	return errors.Join(errs...)
}

// Value returns the current value of a secret, by its key.
func (s *Service) Value(key string) (value string, ok bool) {
	stored, ok := s.stored[key]
	if !ok {
		return "", false
	}
	return stored.Versions[0].String, true
}

// ARN returns the ARN of the secret that a SecretId means, "" if there is none: it is an ARN, with its last six
// characters or without, or a name.
func (s *Service) ARN(secretID string) string {
	secret, _ := s.find(secretID)
	return secret.ARN
}

func (s *Service) find(secretID string) (Secret, bool) {
	for _, secret := range s.secrets {
		partial := secret.ARN[:len(secret.ARN)-suffixLength]
		if secretID == secret.ARN || secretID == secret.Name || secretID == partial && !completeARNs.MatchString(partial) {
			return secret, true
		}
	}
	return Secret{}, false
}
