package wire

import (
	"serverlesschat/internal/chat"
	"serverlesschat/internal/receipts"
)

// receipt is how it is shown how far a member is.
type receipt struct {
	UserID      chat.UserID  `json:"user_id"`
	DeliveredID chat.EntryID `json:"delivered_id"`
	ReadID      chat.EntryID `json:"read_id"`
}

func showReceipts(all []receipts.Receipt) []receipt {
	shown := make([]receipt, len(all))
	for i, r := range all {
		shown[i] = receipt{UserID: r.User, DeliveredID: r.DeliveredID, ReadID: r.ReadID}
	}
	return shown
}

// ReceiptsPushed returns the frame that tells a room how far members are.
func ReceiptsPushed(room chat.RoomID, all []receipts.Receipt) []byte {
	return encode(struct {
		Type     string      `json:"type"`
		RoomID   chat.RoomID `json:"room_id"`
		Receipts []receipt   `json:"receipts"`
	}{"receipts", room, showReceipts(all)})
}

// Receipts returns the body of GET /rooms/{room_id}/receipts.
func Receipts(all []receipts.Receipt, next string) []byte {
	return encode(struct {
		Receipts []receipt `json:"receipts"`
		Next     string    `json:"next,omitempty"`
	}{showReceipts(all), chat.NextCursor(next)})
}
