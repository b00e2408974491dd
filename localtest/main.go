// Command localtest runs the whole system of template.yaml on this machine.
//
//	localtest up            runs it until it is interrupted (make local)
//	localtest token USER    prints an access token for USER that the running or next stack accepts (make token)
//	localtest jwks FILE     prints an issuer's public keys as the parameter TokenKeys (make jwks)
//	localtest redrive FILE  has done once more what was given up: here, or in the stack whose outputs FILE has (make redrive)
//	localtest drain SECONDS FILE  asks all clients to move to new connections within so long: here, or there (make drain)
//	localtest invite FILE   prints a code by which somebody may register once, within a week: here, or there (make invite)
//	localtest reset-password USER FILE  prints another password for USER: here, or there (make reset-password)
//	localtest erasures FILE  erases again all who were erased, after a restore: here, or there (make erasures)
//	localtest clean         forgets what the stack has stored here (make clean-local)
//	localtest tables        creates the template's tables at AWS_ENDPOINT_URL_DYNAMODB, with the names that up uses there
//
// It is set up by the environment: HTTP_PORT, WS_PORT, INVOKE_PORT, SQS_PORT, SECRETS_MANAGER_PORT, DYNAMODB_PORT (0
// takes a free port), DYNAMODB (dynoxide or local), AWS_ENDPOINT_URL_DYNAMODB (any DynamoDB, called with the shell's
// region and keys),
// STREAM_POLL_MS, MAX_PROCESSES, FREE_WAIT_MS (how long an invocation waits for a free process before one is started; 0
// as on AWS), ACCOUNT_RATE and ACCOUNT_BURST (requests a second and at once, of all APIs together), HANDSHAKE_RATE (new
// connections a second), CONNECTION_SECONDS (how long a connection lives), CLOSE_THROTTLED (1: a throttled frame closes its connection), QUIET (1 prints only what is
// wrong), RIGHTS (1: each call of a function is judged by its role).
package main

import (
	"context"
	"errors"
	"os"
	"syscall"

	"serverlesschat/localtest/aws/stack"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		message := err.Error()
		if errors.Is(err, syscall.ENOSPC) {
			message += "\nThe disk is full: free some space and start again."
		}
		printLast(message)
		os.Exit(1)
	}
}

var errUsage = errors.New("usage: localtest up | token USER | jwks FILE | redrive [FILE] | drain SECONDS [FILE] | " +
	"invite [FILE] | reset-password USER [FILE] | erasures [FILE] | tables | clean")

func run(args []string) error {
	switch {
	case len(args) == 1 && args[0] == "up":
		return up(interruptible())
	case len(args) == 2 && args[0] == "token":
		return printToken(args[1])
	case len(args) == 2 && args[0] == "jwks":
		return printTokenKeys(args[1])
	case (len(args) == 1 || len(args) == 2) && args[0] == "redrive":
		ctx, _ := interruptible()
		return redriveAll(ctx, args[1:])
	case (len(args) == 2 || len(args) == 3) && args[0] == "drain":
		ctx, _ := interruptible()
		return drain(ctx, args[1], args[2:])
	case (len(args) == 1 || len(args) == 2) && args[0] == "invite":
		ctx, _ := interruptible()
		return printInvite(ctx, args[1:])
	case (len(args) == 2 || len(args) == 3) && args[0] == "reset-password":
		ctx, _ := interruptible()
		return resetPassword(ctx, args[1], args[2:])
	case (len(args) == 1 || len(args) == 2) && args[0] == "erasures":
		ctx, _ := interruptible()
		return eraseAgain(ctx, args[1:])
	case len(args) == 1 && args[0] == "tables":
		return createTables(interruptible())
	case len(args) == 1 && args[0] == "clean":
		return stack.Forget(context.Background(), stack.Options{DataDir: dataDir})
	}
	return errUsage
}
