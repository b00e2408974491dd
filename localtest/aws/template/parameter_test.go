package template

import (
	"strings"
	"testing"
)

const parameters = `Transform: AWS::Serverless-2016-10-31
Parameters:
  P: DECLARATION
Resources:
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      {CodeUri: fn, Handler: b, Runtime: provided.al2023, Environment: {Variables: {PP: !Ref P}}}
`

func TestParameters(t *testing.T) {
	for _, c := range []struct {
		declaration string
		given       string // "-" for none
		want        string
		problem     string
	}{
		{`{Type: String, Default: a}`, "-", "a", ""},
		{`{Type: String, Default: a}`, "", "", ""},
		{`{Type: String, Default: a}`, "b", "b", ""},
		{`{Type: String}`, "b", "b", ""},
		{`{Type: String}`, "-", "", "has no default, so a value must be given"},
		{`{Type: String, AllowedValues: [a, b]}`, "b", "b", ""},
		{`{Type: String, AllowedValues: [a, b]}`, "c", "", `"c" is not one of a, b`},
		{`{Type: String, Default: c, AllowedValues: [a, b]}`, "-", "", `"c" is not one of a, b`},
		{`{Type: String, Default: true, AllowedValues: [true, false]}`, "-", "true", ""},
		{`{Type: Number, Default: 1, AllowedValues: [1, 30]}`, "30", "30", ""},
		{`{Type: String, AllowedPattern: "[a-z]+"}`, "abc", "abc", ""},
		{`{Type: String, AllowedPattern: "[a-z]+"}`, "abc1", "", `does not match [a-z]+`},
		{`{Type: String, AllowedPattern: "b+"}`, "ab", "", `does not match b+`},
		{`{Type: String, AllowedPattern: "a|b"}`, "ac", "", `does not match a|b`},
		{`{Type: String, Default: a, AllowedPattern: "(?=a)"}`, "-", "", "is not a pattern that can be checked here"},
		{`{Type: String, MinLength: 2, MaxLength: 3}`, "éé", "éé", ""},
		{`{Type: String, MinLength: 2, MaxLength: 3}`, "é", "", "too short or too long"},
		{`{Type: String, MinLength: 2, MaxLength: 3}`, "abcd", "", "too short or too long"},
		{`{Type: Number, MinValue: 1, MaxValue: 5}`, "5", "5", ""},
		{`{Type: Number, MinValue: 1, MaxValue: 5}`, "5.5", "", "5.5 is not between 1 and 5"},
		{`{Type: Number, MinValue: 1}`, "0", "", "0 is not between 1 and"},
		{`{Type: Number, MinValue: x}`, "0", "", `"x" is not a number`},
		{`{Type: Number}`, "-1.5", "-1.5", ""},
		{`{Type: Number}`, "1e3", "", `"1e3" is not a number`},
		{`{Type: Number}`, "NaN", "", `"NaN" is not a number`},
		{`{Type: Number}`, "", "", `"" is not a number`},
		{`{Type: CommaDelimitedList}`, "a,b", "", "parameters of type CommaDelimitedList are not emulated"},
		{`{Default: a}`, "-", "", "type is missing"},
		{`{Type: String, Default: !Ref AWS::Region}`, "-", "", "must be written out"},
		{`{Type: String, Default: a, Colour: b}`, "-", "", "Colour of a parameter is neither emulated"},
		{`a`, "-", "", "must be a mapping"},
	} {
		given := map[string]string{"P": c.given}
		if c.given == "-" {
			given = nil
		}
		text := strings.Replace(parameters, "DECLARATION", c.declaration, 1)
		if c.problem != "" {
			p := problemsOf(t, text, given)[0]
			if p.Line != 3 || !strings.HasPrefix(p.Path, "Parameters.P") || !strings.Contains(p.Message, c.problem) {
				t.Errorf("%s, %q: got %s, want line 3 and %q", c.declaration, c.given, p, c.problem)
			}
			continue
		}
		if got := resolve(t, text, given).Functions[0].Environment["PP"]; got != c.want {
			t.Errorf("%s, %q: got %q, want %q", c.declaration, c.given, got, c.want)
		}
	}
}

func TestUnknownOverride(t *testing.T) {
	text := strings.Replace(parameters, "DECLARATION", "{Type: String, Default: a}", 1)
	problems := problemsOf(t, text, map[string]string{"Q": "1", "P": "b"})
	if len(problems) != 1 || !strings.Contains(problems[0].String(), "Parameters: an override is given for Q") {
		t.Errorf("%v", problems)
	}
}
