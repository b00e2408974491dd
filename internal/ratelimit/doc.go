// Package ratelimit bounds how often something may be done. It is the arithmetic alone: who keeps the numbers is elsewhere.
package ratelimit
