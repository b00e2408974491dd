// Package app builds the chat's functions from their settings. A function's main is its line of this package. Each
// function reads the settings that it needs and nothing else; the template gives it no right beyond them. What is built
// here is made once per process and is safe for concurrent use.
package app

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Settings reads settings, by name, and keeps what is wrong with them, so that one error names all of it.
type Settings struct {
	get      func(string) string
	problems []error
}

// NewSettings reads settings through get, such as os.Getenv.
func NewSettings(get func(string) string) *Settings { return &Settings{get: get} }

// Err returns all that was missing or wrong so far, nil when nothing was.
func (s *Settings) Err() error { return errors.Join(s.problems...) }

// wrong notes what is wrong with a setting, once: two parts may ask for the same one.
func (s *Settings) wrong(name, what string) {
	problem := fmt.Errorf("setting %s %s", name, what)
	same := func(p error) bool { return p.Error() == problem.Error() }
	if !slices.ContainsFunc(s.problems, same) {
		s.problems = append(s.problems, problem)
	}
}

func (s *Settings) optional(name string) string { return s.get(name) }

func (s *Settings) required(name string) string {
	value := s.get(name)
	if value == "" {
		s.wrong(name, "is missing")
	}
	return value
}

func (s *Settings) list(name string) []string {
	var values []string
	for value := range strings.SplitSeq(s.required(name), ",") {
		values = append(values, strings.TrimSpace(value))
	}
	return values
}

// maxHoleAge is the longest age of a hole. Readers wait for up to twice the age, and then they fill the hole and
// read again. Their handler has 9 s for all of it, and a step of the fan-out 5 s.
const maxHoleAge = 3000 // milliseconds

// millis reads a whole number of milliseconds, from least to most.
func (s *Settings) millis(name string, least, most int) time.Duration {
	return time.Duration(s.number(name, "a whole number of milliseconds", least, most)) * time.Millisecond
}

// seconds reads a whole number of seconds, from least to most.
func (s *Settings) seconds(name string, least, most int) time.Duration {
	return time.Duration(s.number(name, "a whole number of seconds", least, most)) * time.Second
}

// number reads a whole number, from least to most; what says in words what it is.
func (s *Settings) number(name, what string, least, most int) int {
	text := s.required(name)
	n, err := strconv.Atoi(text)
	if text != "" && (err != nil || n < least || n > most) {
		s.wrong(name, fmt.Sprintf("must be %s from %d to %d", what, least, most))
	}
	return n
}

// flag reads "true" or "false"; a setting that is missing counts as true, so that what it needs is named too.
func (s *Settings) flag(name string) bool {
	text := s.required(name)
	if text != "" && text != "true" && text != "false" {
		s.wrong(name, `must be "true" or "false"`)
	}
	return text != "false"
}

// oneOf reads one of several words.
func (s *Settings) oneOf(name string, words ...string) string {
	text := s.required(name)
	if text != "" && !slices.Contains(words, text) {
		s.wrong(name, "must be one of "+strings.Join(words, ", "))
	}
	return text
}
