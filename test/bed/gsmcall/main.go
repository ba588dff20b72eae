// gsmcall asks Secret Manager by Google's own client library: the second opinion on our server and on our provider.
//
//	gsmcall ENDPOINT < REQUEST.json
//
// REQUEST: {"login": {...}, "questions": [{"op", "name", "filter"}, ...]}; see the types below. It prints
// its answers as a list, values in base64, errors by the status in their body. The endpoint stands for every service of Google.
package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"sort"

	secretmanager "cloud.google.com/go/secretmanager/apiv1"
	pb "cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"
	"golang.org/x/oauth2/google/externalaccount"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/iterator"
	"google.golang.org/api/option"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
)

const scope = "https://www.googleapis.com/auth/cloud-platform"

// Login is one of: a key file, a token of another provider, AWS keys.
type Login struct {
	Key      json.RawMessage `json:"key"`
	Audience string          `json:"audience"`
	Token    string          `json:"token"`
	Email    string          `json:"email"`
	Region   string          `json:"region"`
	AwsID    string          `json:"awsId"`
	AwsKey   string          `json:"awsKey"`
}

type Question struct {
	Op     string            `json:"op"`
	Name   string            `json:"name"`
	Filter string            `json:"filter"`
	Key    string            `json:"key"`
	Value  string            `json:"value"`
	Etag   string            `json:"etag"`
	Labels map[string]string `json:"labels"`
}

type Answer struct {
	Value  string            `json:"value,omitempty"`
	Labels map[string]string `json:"labels,omitempty"`
	Names  []string          `json:"names,omitempty"`
	Error  string            `json:"error,omitempty"`
}

type subject struct{ token, region, id, key string }

func (s subject) SubjectToken(context.Context, externalaccount.SupplierOptions) (string, error) {
	return s.token, nil
}
func (s subject) AwsRegion(context.Context, externalaccount.SupplierOptions) (string, error) {
	return s.region, nil
}
func (s subject) AwsSecurityCredentials(context.Context, externalaccount.SupplierOptions) (*externalaccount.AwsSecurityCredentials, error) {
	return &externalaccount.AwsSecurityCredentials{AccessKeyID: s.id, SecretAccessKey: s.key}, nil
}

func tokens(ctx context.Context, endpoint string, login Login) (oauth2.TokenSource, error) {
	if login.Key != nil {
		config, err := google.JWTConfigFromJSON(login.Key, scope)
		if err != nil {
			return nil, err
		}
		config.Audience, config.TokenURL = config.TokenURL, endpoint+"/token"
		return config.TokenSource(ctx), nil
	}
	config := externalaccount.Config{
		Audience:         login.Audience,
		SubjectTokenType: "urn:ietf:params:oauth:token-type:jwt",
		TokenURL:         endpoint + "/v1/token",
		Scopes:           []string{scope},
	}
	source := subject{login.Token, login.Region, login.AwsID, login.AwsKey}
	if login.AwsID != "" {
		config.SubjectTokenType = "urn:ietf:params:aws:token-type:aws4_request"
		config.AwsSecurityCredentialsSupplier = source
	} else {
		config.SubjectTokenSupplier = source
	}
	if login.Email != "" {
		config.ServiceAccountImpersonationURL = endpoint + "/v1/projects/-/serviceAccounts/" + login.Email + ":generateAccessToken"
	}
	return externalaccount.NewTokenSource(ctx, config)
}

func ask(ctx context.Context, client *secretmanager.Client, q Question) (Answer, error) {
	switch q.Op {
	case "access":
		got, err := client.AccessSecretVersion(ctx, &pb.AccessSecretVersionRequest{Name: q.Name})
		if err != nil {
			return Answer{}, err
		}
		return Answer{Value: base64.StdEncoding.EncodeToString(got.Payload.Data)}, nil
	case "get":
		got, err := client.GetSecret(ctx, &pb.GetSecretRequest{Name: q.Name})
		if err != nil {
			return Answer{}, err
		}
		return Answer{Labels: got.Labels}, nil
	case "list":
		found := client.ListSecrets(ctx, &pb.ListSecretsRequest{Parent: q.Name, Filter: q.Filter})
		names := []string{}
		for {
			secret, err := found.Next()
			if errors.Is(err, iterator.Done) {
				sort.Strings(names)
				return Answer{Names: names}, nil
			}
			if err != nil {
				return Answer{}, err
			}
			names = append(names, secret.Name)
		}
	}
	return Answer{}, change(ctx, client, q)
}

// change makes, changes and ends secrets, as a push does.
func change(ctx context.Context, client *secretmanager.Client, q Question) error {
	var err error
	switch q.Op {
	case "create":
		automatic := &pb.Replication{Replication: &pb.Replication_Automatic_{Automatic: &pb.Replication_Automatic{}}}
		_, err = client.CreateSecret(ctx, &pb.CreateSecretRequest{
			Parent: q.Name, SecretId: q.Key, Secret: &pb.Secret{Labels: q.Labels, Replication: automatic},
		})
	case "update":
		_, err = client.UpdateSecret(ctx, &pb.UpdateSecretRequest{
			Secret:     &pb.Secret{Name: q.Name, Etag: q.Etag, Labels: q.Labels},
			UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"labels", "annotations"}},
		})
	case "add":
		sum := int64(crc32.Checksum([]byte(q.Value), crc32.MakeTable(crc32.Castagnoli)))
		payload := &pb.SecretPayload{Data: []byte(q.Value), DataCrc32C: &sum}
		_, err = client.AddSecretVersion(ctx, &pb.AddSecretVersionRequest{Parent: q.Name, Payload: payload})
	case "delete":
		err = client.DeleteSecret(ctx, &pb.DeleteSecretRequest{Name: q.Name, Etag: q.Etag})
	default:
		err = fmt.Errorf("no op %q", q.Op)
	}
	return err
}

func code(err error) string {
	var known *googleapi.Error
	var body struct {
		Error struct {
			Status string `json:"status"`
		} `json:"error"`
	}
	if errors.As(err, &known) && json.Unmarshal([]byte(known.Body), &body) == nil && body.Error.Status != "" {
		return body.Error.Status
	}
	return "other: " + err.Error()
}

func main() {
	ctx := context.Background()
	var input struct {
		Login     Login      `json:"login"`
		Questions []Question `json:"questions"`
	}
	fail := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	fail(json.NewDecoder(os.Stdin).Decode(&input))
	source, err := tokens(ctx, os.Args[1], input.Login)
	fail(err)
	client, err := secretmanager.NewRESTClient(ctx, option.WithEndpoint(os.Args[1]), option.WithTokenSource(source))
	fail(err)
	answers := []Answer{}
	for _, question := range input.Questions {
		answer, err := ask(ctx, client, question)
		if err != nil {
			answer = Answer{Error: code(err)}
		}
		answers = append(answers, answer)
	}
	fail(json.NewEncoder(os.Stdout).Encode(answers))
}
