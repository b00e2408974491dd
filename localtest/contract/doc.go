// Package contract holds template.yaml and the chat against each other: the settings, tables and metrics that one has
// and the other uses, what the emulator reads from it, and which calls of the store each function makes. It has tests
// alone.
package contract
