package template

import (
	"slices"
	"strings"
	"testing"
)

// withSecret is a template with a secret that a function is told of. Each row below changes one part of it.
const withSecret = `Transform: AWS::Serverless-2016-10-31
Resources:
  Token:
    Type: AWS::SecretsManager::Secret
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      Description: What tokens are signed with.
      GenerateSecretString:
        PasswordLength: 64
        ExcludeLowercase: true
        ExcludeUppercase: true
        ExcludeNumbers: false
        ExcludePunctuation: true
        ExcludeCharacters: lIO0
        IncludeSpace: true
        RequireEachIncludedType: false
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: fn
      Handler: bootstrap
      Runtime: provided.al2023
      Environment: {Variables: {BY_REF: !Ref Token, BY_ID: !GetAtt Token.Id}}
`

func TestSecrets(t *testing.T) {
	s := resolve(t, withSecret, nil)
	arn := "arn:aws:secretsmanager:us-east-1:000000000000:secret:local-Token-" + stableID("local-Token", 6)
	want := Secret{
		LogicalID: "Token", Line: 3, Name: "local-Token", ARN: arn,
		Generate: GenerateSecretString{
			PasswordLength: 64, ExcludeCharacters: "lIO0", ExcludeLowercase: true, ExcludeUppercase: true, ExcludePunctuation: true,
			IncludeSpace: true,
		},
	}
	if !slices.Equal(s.Secrets, []Secret{want}) {
		t.Errorf("secrets\n%+v, want\n%+v", s.Secrets, want)
	}
	if e := s.Functions[0].Environment; e["BY_REF"] != arn || e["BY_ID"] != arn {
		t.Errorf("the function is told %v", e)
	}
	begin, end := strings.Index(withSecret, "        PasswordLength"), strings.Index(withSecret, "  Fn:")
	text := strings.Replace(withSecret[:begin]+withSecret[end:], "GenerateSecretString:", "GenerateSecretString: {}", 1)
	want.Generate = GenerateSecretString{PasswordLength: 32, RequireEachIncludedType: true}
	if got := resolve(t, text, nil).Secrets; !slices.Equal(got, []Secret{want}) {
		t.Errorf("by default\n%+v, want\n%+v", got, want)
	}
}

func TestSecretsAreRefused(t *testing.T) {
	const secret = "Resources.Token.Properties"
	const generate = secret + ".GenerateSecretString."
	expectRefusals(t, withSecret, []refusal{
		{"PasswordLength: 64", "PasswordLength: 0", generate + "PasswordLength", "from 1 to 4096"},
		{"PasswordLength: 64", "PasswordLength: 4097", generate + "PasswordLength", "from 1 to 4096"},
		{"IncludeSpace: true", "IncludeSpace: maybe", generate + "IncludeSpace", "neither true nor false"},
		{"IncludeSpace: true", "GenerateStringKey: password", generate + "GenerateStringKey", "GenerateStringKey of AWS::SecretsManager::Secret is neither"},
		{"      Description: What", "      Name: What", secret + ".Name", "Name of AWS::SecretsManager::Secret is neither"},
		{"      Description: What", "      SecretString: What", secret + ".SecretString", "SecretString of AWS::SecretsManager::Secret is neither"},
		{"!GetAtt Token.Id", "!GetAtt Token.Arn", "Resources.Fn.Properties.Environment.Variables.BY_ID", "Token has no attribute Arn here, only Id"},
	})
	begin, end := strings.Index(withSecret, "      GenerateSecretString"), strings.Index(withSecret, "  Fn:")
	text := withSecret[:begin] + withSecret[end:]
	_, err := load("t.yaml", []byte(text), Options{})
	if problems, _ := err.(Problems); !contains(problems, text, "Resources.Token", "GenerateSecretString is missing") {
		t.Errorf("without a value: %v", err)
	}
}
