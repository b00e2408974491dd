package privacy_test

import (
	"testing"

	"serverlesschat/localtest/aws/engine/enginetest"
)

func TestMain(m *testing.M) { enginetest.Main(m) }
