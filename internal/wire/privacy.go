package wire

import (
	"bytes"

	"serverlesschat/internal/privacy"
)

// record is a line of an export.
type record struct {
	Kind privacy.Kind              `json:"kind"`
	Rows map[string]map[string]any `json:"rows"`
}

func showRecord(r privacy.Record) []byte { return encode(record{r.Kind, r.Rows}) }

// RecordSize returns the size of a record as it is shown, in bytes, with the end of its line.
func RecordSize(r privacy.Record) int { return len(showRecord(r)) + 1 }

// LinesType is the media type of JSON Lines.
const LinesType = "application/jsonl"

// Exported returns the body of GET /users/me/export: a line for each record. Where there are more, the last line
// tells the cursor of the next page.
func Exported(page []privacy.Record, next string) []byte {
	var lines bytes.Buffer
	for _, r := range page {
		lines.Write(showRecord(r))
		lines.WriteByte('\n')
	}
	if next != "" {
		lines.Write(encode(struct {
			Kind string `json:"kind"`
			Next string `json:"next"`
		}{"next", next}))
		lines.WriteByte('\n')
	}
	return lines.Bytes()
}

// erasurePart is a part of an erasure, as a receipt shows it.
type erasurePart struct {
	Part  privacy.Part `json:"part"`
	State string       `json:"state"`
}

// Erasure returns the body of DELETE /users/me: the receipt, which says what is erased, and how far that is.
func Erasure(e privacy.Erasure) []byte {
	receipt := struct {
		UserID   string        `json:"user_id"`
		AskedAt  string        `json:"asked_at"`
		ErasedAt string        `json:"erased_at,omitempty"`
		Parts    []erasurePart `json:"parts"`
	}{UserID: string(e.User), AskedAt: showTime(e.AskedAt), Parts: []erasurePart{}}
	if e.IsDone() {
		receipt.ErasedAt = showTime(e.DoneAt)
	}
	state := "erased"
	for _, part := range privacy.Parts() {
		if part == e.Part {
			state = "erasing"
		}
		receipt.Parts = append(receipt.Parts, erasurePart{part, state})
		if state == "erasing" {
			state = "waiting"
		}
	}
	return encode(receipt)
}
