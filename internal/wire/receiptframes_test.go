package wire_test

import (
	"serverlesschat/internal/chat"
	"serverlesschat/internal/receipts"
	"serverlesschat/internal/wire"
)

// The frames and bodies that say how far members are.

func markDeliveredFrames() []clientFrame {
	return markFrames(`{"action":"markDelivered","request_id":"r-1",`, receipts.MarkDelivered{Room: "general", ID: 42})
}

func markReadFrames() []clientFrame {
	return markFrames(`{"action":"markRead","request_id":"r-1",`, receipts.MarkRead{Room: "general", ID: 42})
}

func markFrames(begin string, want any) []clientFrame {
	return []clientFrame{
		{"all fields", begin + `"room_id":"general","id":42}`, want},
		{"no id", begin + `"room_id":"general"}`, nil},
		{"id 0", begin + `"room_id":"general","id":0}`, nil},
		{"id of a wrong type", begin + `"room_id":"general","id":"42"}`, nil},
		{"no room_id", begin + `"id":42}`, nil},
	}
}

func markedFrames() []goldenCase {
	marked := receipts.Marked{Room: "general", Receipt: receipts.NewReceipt("alice", 44, 42)}
	return []goldenCase{
		{name: "further delivered than read", frame: wire.Marked("r-1", marked)},
		{name: "without request_id", frame: wire.Marked("", marked)},
		{name: "nothing read", frame: wire.Marked("r-1", receipts.Marked{Room: "general", Receipt: receipts.NewReceipt("alice", 1, 0)})},
	}
}

func someReceipts() []receipts.Receipt {
	return []receipts.Receipt{receipts.NewReceipt("alice", 44, 42), receipts.NewReceipt("bob", 0, 43)}
}

func receiptsPushes() []goldenCase {
	return []goldenCase{
		{name: "of two members", frame: wire.ReceiptsPushed("general", someReceipts())},
		{name: "of one", frame: wire.ReceiptsPushed(chat.RoomID("dm.x"), someReceipts()[:1])},
	}
}

func receiptsBodies() []goldenCase {
	return []goldenCase{
		{name: "a page", frame: wire.Receipts(someReceipts(), "bob")},
		{name: "the last page", frame: wire.Receipts(someReceipts(), "")},
		{name: "nobody", frame: wire.Receipts(nil, "")},
	}
}
