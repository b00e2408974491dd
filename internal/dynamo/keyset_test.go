package dynamo_test

import (
	"reflect"
	"testing"
	"time"

	"serverlesschat/internal/auth"
)

func TestKeySets(t *testing.T) {
	each(t, func(f fixture) {
		ctx := f.Context()
		expect := func(what string, want auth.KeySet) {
			f.Helper()
			set, err := f.KeySet(ctx)
			if err != nil || !reflect.DeepEqual(set, want) {
				f.Errorf("%s: %+v, %v, want %+v", what, set, err, want)
			}
		}
		replace := func(what string, set auth.KeySet, want bool) {
			f.Helper()
			replaced, err := f.ReplaceKeySet(ctx, set)
			got(f, what, replaced, err, want)
		}
		expect("at first", auth.KeySet{})
		one := auth.KeySet{Version: 1, Keys: []auth.PublicKey{{Number: 1, Point: []byte{4, 1}, SignFrom: noon}}}
		two := auth.KeySet{Version: 2, Keys: []auth.PublicKey{
			{Number: 1, Point: []byte{4, 1}, SignFrom: noon, KeepUntil: noon.Add(time.Hour)},
			{Number: 2, Point: []byte{4, 2}, SignFrom: noon.Add(time.Minute)},
		}}
		replace("the first", one, true)
		replace("another first", auth.KeySet{Version: 1}, false)
		expect("after the first", one)
		replace("the next", two, true)
		replace("the next again", two, false)
		expect("after the next", two)
	})
}
