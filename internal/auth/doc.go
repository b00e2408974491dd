// Package auth makes the tokens of the chat's own accounts. It derives all keys from one secret, changes the keys that
// sign without a cut, and keeps the families of refresh tokens. Who a user is, and by which password, is of the package
// accounts.
//
// # What must stay true
//
//  1. A key is published before it signs, for longer than anybody keeps a set of keys; and it stays published for longer
//     than the tokens live that it has signed.
//  2. A family moves on from a generation once. Whoever asks again within ten seconds gets the same successor.
//  3. A refresh token that was replaced, and comes later than that, ends its family: two have it.
//  4. Nothing is stored from which a token could be made.
package auth
