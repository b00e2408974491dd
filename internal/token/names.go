package token

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
)

// uniqueNames reports whether the outermost JSON object in data names each member once. Names that differ only in case
// count as the same, since some readers of JSON (Go's for structs) take either for a field.
func uniqueNames(data []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	if opening, err := decoder.Token(); err != nil || opening != json.Delim('{') {
		return errors.New("not a JSON object")
	}
	seen := map[string]bool{}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return err
		}
		name := strings.ToLower(token.(string)) // a member's name: the decoder refuses anything else
		if seen[name] {
			return errors.New("a name comes twice")
		}
		seen[name] = true
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return err
		}
	}
	return nil
}
