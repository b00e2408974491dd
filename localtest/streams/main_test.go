package streams_test

import (
	"testing"

	"serverlesschat/localtest/engine/enginetest"
)

func TestMain(m *testing.M) { enginetest.Main(m) }
