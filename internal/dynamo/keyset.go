package dynamo

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"serverlesschat/internal/auth"
)

// The keys that verify access tokens lie in a table of their own: whoever verifies may read it, and no account.

func keySetKey() item { return item{"item": text("access-tokens")} }

// KeySet implements [auth.KeyStore].
func (s *Store) KeySet(ctx context.Context) (auth.KeySet, error) {
	row, err := s.get(ctx, s.tables.Keys, keySetKey())
	r := reader{row}
	set := auth.KeySet{Version: r.number("v")}
	list, _ := row["keys"].(*types.AttributeValueMemberL)
	if list == nil {
		return set, err
	}
	for _, element := range list.Value {
		m, _ := element.(*types.AttributeValueMemberM)
		if m == nil {
			continue
		}
		r := reader{m.Value}
		k := auth.PublicKey{Number: int(r.number("number")), Point: r.bytes("point"), SignFrom: r.millis("sign_from")}
		if m.Value["keep_until"] != nil {
			k.KeepUntil = r.millis("keep_until")
		}
		set.Keys = append(set.Keys, k)
	}
	return set, err
}

// ReplaceKeySet implements [auth.KeyStore].
func (s *Store) ReplaceKeySet(ctx context.Context, set auth.KeySet) (bool, error) {
	var keys []types.AttributeValue
	for _, k := range set.Keys {
		key := item{
			"number": number(k.Number), "point": &types.AttributeValueMemberB{Value: k.Point},
			"sign_from": number(k.SignFrom.UnixMilli()),
		}
		if !k.KeepUntil.IsZero() {
			key["keep_until"] = number(k.KeepUntil.UnixMilli())
		}
		keys = append(keys, &types.AttributeValueMemberM{Value: key})
	}
	row := keySetKey()
	row["v"], row["keys"] = number(set.Version), &types.AttributeValueMemberL{Value: keys}
	old, err := s.putIf(ctx, s.tables.Keys, row, "attribute_not_exists(v) OR v = :before",
		item{":before": number(set.Version - 1)})
	return err == nil && old == nil, err
}
