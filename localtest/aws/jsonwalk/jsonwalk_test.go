package jsonwalk_test

import (
	"encoding/json"
	"testing"

	"serverlesschat/localtest/aws/jsonwalk"
)

func TestMember(t *testing.T) {
	for _, c := range []struct{ doc, want string }{
		{` { "action" : [ 1 , {"action":2} ] , "b" : [] } `, `[ 1 , {"action":2} ]`},
		{`{"action":1,"\u0061ction":2}`, "2"},
		{`{"x":{"action":1},"Action":2}`, ""},
		{`{"a":"\"","action":"\\"}`, `"\\"`},
		{`["action",1]`, ""},
		{`"action"`, ""},
		{"\t7 ", ""},
		{"{}", ""},
	} {
		got, ok := jsonwalk.Member([]byte(c.doc), "action")
		if string(got) != c.want || ok != (c.want != "") {
			t.Errorf("%s: %q, %t, want %q", c.doc, got, ok, c.want)
		}
	}
}

func TestMemberAllocatesNothing(t *testing.T) {
	doc := []byte(`{"room_id":"general","content":"hällo \"you\"","action":"sendMessage"}`)
	if n := testing.AllocsPerRun(100, func() { jsonwalk.Member(doc, "action") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzMembers holds the walk against encoding/json.
func FuzzMembers(f *testing.F) {
	f.Add(`{"a":1,"b":[1,{"c":"]}"}],"a":"x\"y" , "d\u0041":null,"e":{}}`)
	f.Add(" {\"a\" : -1.5e3\n,\"\":[[],\"[\"]}\t")
	f.Add("{\"\xff\xff\":\"\xff\xff\"}")
	f.Add("[1]")
	f.Fuzz(func(t *testing.T, text string) {
		if !json.Valid([]byte(text)) {
			return
		}
		var want map[string]json.RawMessage
		if json.Unmarshal([]byte(text), &want) != nil || want == nil {
			if value, ok := jsonwalk.Member([]byte(text), ""); ok {
				t.Errorf("%q, which is no object, has the member %q", text, value)
			}
			return
		}
		got := jsonwalk.MembersOf([]byte(text))
		for name, value := range want {
			raw, ok := got.Get(name)
			one, alone := jsonwalk.Member([]byte(text), name)
			if !ok || !alone || string(raw) != string(value) || string(one) != string(value) {
				t.Errorf("%q is %q and, looked for alone, %q, want %q", name, raw, one, value)
			}
			compareString(t, raw)
			compareItems(t, raw)
		}
	})
}

func compareString(t *testing.T, raw []byte) {
	t.Helper()
	got, err := jsonwalk.Unquote(raw)
	var want string
	if raw[0] == '"' && json.Unmarshal(raw, &want) == nil {
		if err != nil || string(got) != want {
			t.Errorf("%q means %q, %v, want %q", raw, got, err, want)
		}
	} else if err == nil {
		t.Errorf("%q, which is no string, means %q", raw, got)
	}
}

func compareItems(t *testing.T, raw []byte) {
	t.Helper()
	var want []json.RawMessage
	if raw[0] != '[' || json.Unmarshal(raw, &want) != nil {
		return
	}
	i := 0
	for item := range jsonwalk.Items(raw) {
		if i >= len(want) || string(item) != string(want[i]) {
			t.Fatalf("item %d of %q is %q", i, raw, item)
		}
		i++
	}
	if i != len(want) {
		t.Errorf("%d items of %q, want %d", i, raw, len(want))
	}
}
