// Package accounts keeps the chat's own accounts: who may sign in by which password, and what users are called. What a
// user gets for signing in is of the package auth.
//
// A password is hashed elsewhere, by who has no right to any table, and only after the limits: a flood of passwords is to
// cost little, and to keep nobody else from signing in. Whether a name has an account shows neither in an answer of a
// sign-in nor in its time.
package accounts
