package e2e

import (
	"reflect"
	"slices"
	"testing"
)

func TestStoryTwoTalk(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ann, bob := w.as("ann"), w.as("bob")
		ann.joins("lobby")
		if joined := bob.joins("lobby"); joined.FirstID != 1 || joined.LastID != 0 || len(joined.Messages) != 0 {
			t.Errorf("joined an empty room: %+v", joined)
		}
		first := ann.sends("lobby", "hi bob")
		if first.ID != 1 || first.UserID != ann.user || first.Kind != "message" || first.Content != "hi bob" {
			t.Errorf("ack: %+v", first)
		}
		second := bob.sends("lobby", "hi ann")
		for _, p := range []*person{ann, bob} {
			p.sees("lobby", "hi bob", "hi ann")
		}
		page := bob.history("lobby", "")
		if !reflect.DeepEqual(page.Messages, []entry{first, second}) || page.LastID != 2 || page.More {
			t.Errorf("history: %+v", page)
		}
	})
}

func TestStoryComingBack(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ann, bob := w.as("ann"), w.as("bob")
		ann.joins("lobby")
		bob.joins("lobby")
		ann.sends("lobby", "one")
		bob.sees("lobby", "one")
		bob.client.Drop()
		ann.sends("lobby", "two")
		ann.sends("lobby", "three")
		bob.connects()
		if got := contentsOf(bob.joinsAfter("lobby", 1).Messages); !slices.Equal(got, []string{"two", "three"}) {
			t.Errorf("came back to %q", got)
		}
		ann.sends("lobby", "four")
		bob.sees("lobby", "one", "two", "three", "four")
	})
}
