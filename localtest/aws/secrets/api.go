package secrets

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

const (
	contentType    = "application/x-amz-json-1.1"
	targetPrefix   = "secretsmanager."
	getSecretValue = "GetSecretValue"
	// maxRequest is more than the ids of a secret and of a version take.
	maxRequest = 64 << 10
)

// apiError is an error as Secrets Manager sends it.
type apiError struct {
	Type    string `json:"__type"`
	Message string `json:"Message"`
}

func (e *apiError) Error() string { return e.Type + ": " + e.Message }

func notFound(what string) *apiError {
	return &apiError{"ResourceNotFoundException", "Secrets Manager can't find the specified secret" + what}
}

// ServeHTTP serves GetSecretValue, in AWS JSON 1.1. Signatures are not verified.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", contentType)
	output, err := s.serve(w, r)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(err) // the client may have gone
		return
	}
	_ = json.NewEncoder(w).Encode(output) // likewise
}

func (s *Service) serve(w http.ResponseWriter, r *http.Request) (*getSecretValueOutput, *apiError) {
	operation, ok := strings.CutPrefix(r.Header.Get("X-Amz-Target"), targetPrefix)
	switch {
	case !ok || r.Method != http.MethodPost || r.URL.Path != "/":
		return nil, &apiError{"UnknownOperationException",
			"only AWS JSON 1.1 is served here: POST / with X-Amz-Target " + targetPrefix + getSecretValue}
	case operation != getSecretValue:
		return nil, &apiError{"UnknownOperationException",
			fmt.Sprintf("the operation %s is not emulated by the local stack, only %s", operation, getSecretValue)}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		return nil, &apiError{"SerializationException", "read request: " + err.Error()}
	}
	input, err := decodeInput(body)
	if err != nil {
		return nil, &apiError{"SerializationException", "decode request: " + err.Error()}
	}
	return s.getSecretValue(input)
}

// getSecretValueInput has all members of the API.
type getSecretValueInput struct {
	SecretID     string `json:"SecretId"`
	VersionID    string `json:"VersionId"`
	VersionStage string
}

// decodeInput reads a request. A member that the API has not is refused: it would do something that is not known here.
func decodeInput(body []byte) (in getSecretValueInput, err error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&in); err != nil {
		return in, err
	}
	if _, end := decoder.Token(); !errors.Is(end, io.EOF) {
		return in, errors.New("there is more than one JSON value")
	}
	return in, nil
}

type getSecretValueOutput struct {
	ARN           string
	Name          string
	VersionID     string `json:"VersionId"`
	SecretString  string
	VersionStages []string
	CreatedDate   float64 // seconds of the epoch
}

func (s *Service) getSecretValue(in getSecretValueInput) (*getSecretValueOutput, *apiError) {
	if in.SecretID == "" {
		return nil, &apiError{"InvalidParameterException", "The request must contain the parameter SecretId."}
	}
	secret, ok := s.find(in.SecretID)
	if !ok {
		return nil, notFound(".")
	}
	at, failed := findVersion(s.stored[secret.Key].Versions, in)
	if failed != nil {
		return nil, failed
	}
	v := s.stored[secret.Key].Versions[at]
	return &getSecretValueOutput{
		ARN: secret.ARN, Name: secret.Name, VersionID: v.ID, SecretString: v.String, VersionStages: []string{stages()[at]},
		CreatedDate: float64(v.Created) / 1000,
	}, nil
}

// findVersion returns the place of the version that is asked for.
func findVersion(versions []version, in getSecretValueInput) (int, *apiError) {
	byStage := slices.Index(stages()[:len(versions)], in.VersionStage)
	if in.VersionID == "" {
		switch {
		case in.VersionStage == "":
			return 0, nil
		case byStage < 0:
			return 0, notFound(" value for staging label: " + in.VersionStage)
		}
		return byStage, nil
	}
	at := slices.IndexFunc(versions, func(v version) bool { return v.ID == in.VersionID })
	switch {
	case at < 0:
		return 0, notFound(" value for VersionId: " + in.VersionID)
	case in.VersionStage != "" && byStage != at:
		return 0, &apiError{"InvalidRequestException",
			"You provided a VersionStage that is not associated to the provided VersionId."}
	}
	return at, nil
}
