// Package signals tells people of each other: who types. Signals are pushed and not stored. One that does not arrive is
// lost, and nobody is closed for it.
package signals
