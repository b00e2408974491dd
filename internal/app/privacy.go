package app

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	"serverlesschat/internal/accounts"
	"serverlesschat/internal/apigw"
	"serverlesschat/internal/chat"
	"serverlesschat/internal/dynamo"
	"serverlesschat/internal/fanout"
	"serverlesschat/internal/privacy"
	"serverlesschat/internal/rooms"
	"serverlesschat/internal/wire"
)

// exporter is what shows users what is stored about them.
func (p *Parts) exporter(store *dynamo.Store) *privacy.Exporter {
	return privacy.NewExporter(privacy.ExporterOptions{Store: store, Size: wire.RecordSize})
}

// asker is what takes the word of users that they want to be erased.
func (p *Parts) asker(store *dynamo.Store, guard apigw.Guard) *privacy.Asker {
	var confirm func(context.Context, chat.UserID, *string) (bool, error)
	if p.hasOwnAccounts() {
		confirm = accounts.NewAuthenticator(store, p.hasher(), nil, time.Now).Confirm
	}
	return privacy.NewAsker(privacy.AskerOptions{
		Confirm: confirm,
		Store:   store, Jobs: p.checks(), Closer: p.closer(), Admit: guard.Gate.AdmitRequest, Now: time.Now,
		NewPseudonym: func() chat.UserID { return chat.Pseudonym(strings.ToLower(rand.Text())) },
	})
}

// eraser is what erases users.
func (p *Parts) eraser(store *dynamo.Store, changer *rooms.Changer) *privacy.Eraser {
	return privacy.NewEraser(privacy.EraserOptions{
		Store: store, Accounts: store, Rooms: changer, Writer: p.writer(store, false), Reader: p.reader(store),
		Jobs: p.checks(), Closer: p.closer(), After: p.settings.seconds("ERASE_AFTER_SECONDS", 0, maxDelay),
		Now: time.Now, NewHolder: rand.Text,
	})
}

// closer is what ends connections of users who are gone.
func (p *Parts) closer() *fanout.Closer {
	return fanout.NewCloser(p.teller(), p.poster(), wire.Goodbye(chat.Goodbye{Code: chat.GoodbyeRevoked}))
}
