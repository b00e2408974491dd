package accounts

import (
	"cmp"
	"context"
	"maps"
	"net/netip"
	"slices"
	"time"
)

const (
	// rememberedFor is how long a network is remembered from which a user has signed in.
	rememberedFor = 30 * 24 * time.Hour
	// maxNetworks is how many are remembered of a user.
	maxNetworks = 20
)

// knows reports whether the user has signed in from the network of an address.
func (a Account) knows(address string, now time.Time) bool {
	return now.Before(a.Networks[network(address)])
}

// remember notes that a user has signed in from an address, unless that was noted lately.
func (a *Authenticator) remember(ctx context.Context, account Account, address string) error {
	from, now := network(address), a.now()
	if account.knows(address, now.Add(rememberedFor/2)) {
		return nil
	}
	others := maps.Clone(account.Networks)
	delete(others, from)
	byEnd := slices.SortedFunc(maps.Keys(others), func(a, b string) int {
		return cmp.Or(others[a].Compare(others[b]), cmp.Compare(a, b))
	})
	var forget []string
	for i, name := range byEnd {
		if len(byEnd)-i >= maxNetworks || !now.Before(others[name]) {
			forget = append(forget, name)
		}
	}
	return a.store.RememberNetwork(ctx, account.User, from, now.Add(rememberedFor), forget)
}

// networkBits is how much of an IPv6 address names a customer; the rest each customer gives out.
const networkBits = 64

// network returns what stands for the sender of a request: its IPv4 address, or the network of its IPv6 address.
func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return "unknown" // all of them share the limits
	}
	if ip = ip.Unmap().WithZone(""); ip.Is4() {
		return ip.String()
	}
	return netip.PrefixFrom(ip, networkBits).Masked().String()
}
