package template

// Secret is a secret of Secrets Manager whose value is generated.
type Secret struct {
	LogicalID string
	Line      int // of the logical id in the template
	Name      string
	ARN       string // its last six characters are the same for the same name
	Generate  GenerateSecretString
}

// GenerateSecretString says how a value is generated.
type GenerateSecretString struct {
	PasswordLength          int
	ExcludeCharacters       string
	ExcludeLowercase        bool
	ExcludeUppercase        bool
	ExcludeNumbers          bool
	ExcludePunctuation      bool
	IncludeSpace            bool
	RequireEachIncludedType bool
}

// readSecret reads a secret. One without GenerateSecretString would have no value, or one that stands in the template
// for all to read. AWS: defaults and ranges from CloudFormation Template Reference, AWS::SecretsManager::Secret
// GenerateSecretString, and AWS Secrets Manager API Reference, GetRandomPassword.
func (l *loader) readSecret(r *resource) Secret {
	known, generate := l.attributes(r), l.required(r.value, "GenerateSecretString")
	get := func(name string) *value { return l.get(generate, name) }
	return Secret{
		LogicalID: r.id, Line: r.key.Line, Name: r.name, ARN: known[""],
		Generate: GenerateSecretString{
			PasswordLength:          l.whole(get("PasswordLength"), 32, 1, 4096),
			ExcludeCharacters:       l.text(get("ExcludeCharacters"), ""),
			ExcludeLowercase:        l.flag(get("ExcludeLowercase"), false),
			ExcludeUppercase:        l.flag(get("ExcludeUppercase"), false),
			ExcludeNumbers:          l.flag(get("ExcludeNumbers"), false),
			ExcludePunctuation:      l.flag(get("ExcludePunctuation"), false),
			IncludeSpace:            l.flag(get("IncludeSpace"), false),
			RequireEachIncludedType: l.flag(get("RequireEachIncludedType"), true),
		},
	}
}
