package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"syscall"
	"time"
)

// portTimeout is how long to wait for a port that is still held, by an engine that was killed a moment ago, say.
const portTimeout = 2 * time.Second

// loopback is the address that engines of ours listen on.
const loopback = "127.0.0.1"

// CheckPort returns an error when the port is in use.
func CheckPort(ctx context.Context, port int) error {
	_, claim, err := claimPort(ctx, port)
	if err != nil {
		return err
	}
	return claim.Close()
}

// claimPort returns the port, or a free one for 0, once nobody listens on it and no other local stack is about to. The
// claim is to be held until the engine answers, which may take seconds: else two engines that start at once would both
// find the port free, and the one that comes too late would be taken for ready when the other answers in its place.
func claimPort(ctx context.Context, port int) (free int, claim io.Closer, err error) {
	for end := time.Now().Add(portTimeout); ; {
		free, claim, err := tryPort(port)
		switch {
		case err == nil:
			return free, claim, nil
		case !errors.Is(err, syscall.EADDRINUSE):
			return 0, nil, fmt.Errorf("port of DYNAMODB_PORT: %w", err)
		case time.Now().After(end) || ctx.Err() != nil:
			return 0, nil, fmt.Errorf("port %d is in use (DYNAMODB_PORT sets another, 0 a free one)", port)
		}
		time.Sleep(retryEvery)
	}
}

// tryPort claims a port by its number in UDP, which no engine uses: the system knows one owner of it at a time, whoever
// runs it, and frees it when the process ends. A lock file would stay for each port, and be closed to other users.
func tryPort(port int) (free int, claim io.Closer, err error) {
	if free, err = bindable(port); err != nil {
		return 0, nil, err
	}
	claim, err = net.ListenPacket("udp4", net.JoinHostPort(loopback, strconv.Itoa(free)))
	if err != nil {
		return 0, nil, err
	}
	if _, err = bindable(free); err != nil { // who had the claim until now may listen since
		return 0, nil, errors.Join(err, claim.Close())
	}
	return free, claim, nil
}

// bindable tries the port on loopback and on all interfaces: a server may hold either.
func bindable(port int) (int, error) {
	for _, host := range []string{loopback, ""} {
		l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		if err != nil {
			return 0, err
		}
		port = l.Addr().(*net.TCPAddr).Port
		if err := l.Close(); err != nil {
			return 0, err
		}
	}
	return port, nil
}
