package stack

import (
	"fmt"
	"net/http"
	"path/filepath"

	"serverlesschat/localtest/aws/secrets"
	"serverlesschat/localtest/aws/template"
)

// secretsFolder is where a data folder has the values of secrets. Forget leaves them, as a deployed stack's
// DeletionPolicy does: what was signed or sealed with one can be read again.
const secretsFolder = "secrets"

// startSecrets opens the template's secrets and serves them.
func (s *Stack) startSecrets() (err error) {
	dir := s.options.path(secretsFolder)
	if s.options.InMemory {
		dir = ""
	}
	if s.secrets, err = openSecrets(dir, s.system); err != nil {
		return err
	}
	s.lateServers = append(s.lateServers, s.startServer(s.listeners.secrets, s.secrets))
	if l := s.listeners.judgedSecrets; l != nil {
		var judged http.Handler = s.secrets
		if s.rights != nil {
			judged = s.rights.SecretsManager(s.secrets.ARN, s.secrets)
		}
		s.lateServers = append(s.lateServers, s.startServer(l, judged))
	}
	return nil
}

// openSecrets opens the secrets of a system. They are kept under their logical ids: on an engine outside, a stack's
// names begin with another word.
func openSecrets(dir string, system *template.System) (*secrets.Service, error) {
	config := secrets.Config{Dir: dir}
	for _, secret := range system.Secrets {
		g := secret.Generate
		password := secrets.Password{
			Length: g.PasswordLength, ExcludeCharacters: g.ExcludeCharacters, ExcludeLowercase: g.ExcludeLowercase,
			ExcludeUppercase: g.ExcludeUppercase, ExcludeNumbers: g.ExcludeNumbers, ExcludePunctuation: g.ExcludePunctuation,
			IncludeSpace: g.IncludeSpace, RequireEachIncludedType: g.RequireEachIncludedType,
		}
		if err := password.Validate(); err != nil {
			return nil, fmt.Errorf("template.yaml:%d: %s: %w", secret.Line, secret.LogicalID, err)
		}
		config.Secrets = append(config.Secrets, secrets.Secret{
			Key: secret.LogicalID, Name: secret.Name, ARN: secret.ARN, Password: password,
		})
	}
	return secrets.Open(config)
}

// SecretValue returns the value of a secret of the template, by its logical id, and reports whether there is such a
// secret.
func (s *Stack) SecretValue(logicalID string) (value string, ok bool) {
	return s.secrets.Value(logicalID)
}

// SecretValue returns the value that a secret of a system has in the stack that runs on a data folder, or will have in
// the next one: it is generated if none has run there. A stack in memory has other values.
func SecretValue(dataDir string, system *template.System, logicalID string) (string, error) {
	service, err := openSecrets(filepath.Join(dataDir, secretsFolder), system)
	if err != nil {
		return "", err
	}
	value, ok := service.Value(logicalID)
	if !ok {
		return "", fmt.Errorf("template.yaml has no secret %s", logicalID)
	}
	return value, nil
}
