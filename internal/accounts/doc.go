// Package accounts keeps the chat's own accounts: who may sign in by which password, and what users are called. What a
// user gets for signing in is of the package auth.
//
// A password is hashed elsewhere, by a function without a right to any table, and only after the limits. So a flood of
// passwords costs little, and keeps nobody from refreshing. Whether a name has an account shows neither in an answer of a
// sign-in nor in its time.
package accounts
