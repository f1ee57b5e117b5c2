package main

// What is asked of a pod beside the object itself: logs and streams of its kubelet, and eviction.

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/conversion"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/httpstream/wsstream"
	"k8s.io/apimachinery/pkg/util/proxy"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/generic/registry"
	genericrest "k8s.io/apiserver/pkg/registry/generic/rest"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/apiserver/pkg/server/dynamiccertificates"
	"k8s.io/apiserver/pkg/server/filters"
	translating "k8s.io/apiserver/pkg/util/proxy"
	restclient "k8s.io/client-go/rest"
)

func clientAuthority(file string) (dynamiccertificates.CAContentProvider, error) {
	return dynamiccertificates.NewDynamicCAContentFromFile("client-ca", file)
}

var isLongRunning = filters.BasicLongRunningRequestCheck(sets.NewString("watch", "proxy"),
	sets.NewString("attach", "exec", "proxy", "log", "portforward"))

// kubeletDoor leads to the kubelet of a pod.
type kubeletDoor struct {
	transport   http.RoundTripper
	nodes, pods *registry.Store
}

func makeKubeletDoor(s settings) (*kubeletDoor, error) {
	transport, err := restclient.TransportFor(&restclient.Config{TLSClientConfig: restclient.TLSClientConfig{
		CAFile: s.authority, CertFile: s.kubeletCertificate, KeyFile: s.kubeletKey, NextProtos: []string{"http/1.1"}}})
	return &kubeletDoor{transport: transport}, err
}

func (d *kubeletDoor) pod(ctx context.Context, name string) (*corev1.Pod, error) {
	found, err := d.pods.Get(ctx, name, &metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	return found.(*corev1.Pod), nil
}

// location is where the kubelet has something of a container: nil while the pod has no node.
func (d *kubeletDoor) location(ctx context.Context, verb string, pod *corev1.Pod, container string, query url.Values) (*url.URL, error) {
	if pod.Spec.NodeName == "" {
		return nil, nil
	}
	found, err := d.nodes.Get(request.WithNamespace(ctx, ""), pod.Spec.NodeName, &metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	node := found.(*corev1.Node)
	for _, address := range node.Status.Addresses {
		if address.Type == corev1.NodeInternalIP {
			path := "/" + verb + "/" + pod.Namespace + "/" + pod.Name
			if container != "" {
				path += "/" + container
			}
			host := fmt.Sprintf("%s:%d", address.Address, node.Status.DaemonEndpoints.KubeletEndpoint.Port)
			return &url.URL{Scheme: "https", Host: host, Path: path, RawQuery: query.Encode()}, nil
		}
	}
	return nil, apierrors.NewInternalError(fmt.Errorf("node %s has no address", node.Name))
}

// containerOf is the one that is meant, or the only one.
func containerOf(pod *corev1.Pod, asked string) (string, error) {
	var all []string
	for _, each := range append(append([]corev1.Container{}, pod.Spec.InitContainers...), pod.Spec.Containers...) {
		all = append(all, each.Name)
	}
	if asked == "" && len(pod.Spec.Containers) == 1 {
		return pod.Spec.Containers[0].Name, nil
	}
	if asked == "" {
		return "", apierrors.NewBadRequest(fmt.Sprintf("a container name must be specified for pod %s, choose one of: [%s]",
			pod.Name, strings.Join(all, " ")))
	}
	for _, name := range all {
		if name == asked {
			return asked, nil
		}
	}
	return "", apierrors.NewBadRequest(fmt.Sprintf("container %s is not valid for pod %s", asked, pod.Name))
}

// podLog is pods/log.
type podLog struct{ *kubeletDoor }

func (podLog) New() runtime.Object { return &corev1.Pod{} }
func (podLog) Destroy()            {}
func (podLog) NewGetOptions() (runtime.Object, bool, string) {
	return &corev1.PodLogOptions{}, false, ""
}
func (podLog) ProducesMIMETypes(string) []string { return []string{"text/plain"} }
func (podLog) ProducesObject(string) any         { return "" }

func (l podLog) Get(ctx context.Context, name string, given runtime.Object) (runtime.Object, error) {
	options := given.(*corev1.PodLogOptions)
	pod, err := l.pod(ctx, name)
	if err != nil {
		return nil, err
	}
	container, err := containerOf(pod, options.Container)
	if err != nil {
		return nil, err
	}
	query := url.Values{}
	for key, is := range map[string]bool{"follow": options.Follow, "previous": options.Previous, "timestamps": options.Timestamps} {
		if is {
			query.Set(key, "true")
		}
	}
	for key, number := range map[string]*int64{"sinceSeconds": options.SinceSeconds, "tailLines": options.TailLines,
		"limitBytes": options.LimitBytes} {
		if number != nil {
			query.Set(key, strconv.FormatInt(*number, 10))
		}
	}
	if options.SinceTime != nil {
		query.Set("sinceTime", options.SinceTime.Format(time.RFC3339))
	}
	where, err := l.location(ctx, "containerLogs", pod, container, query)
	if err != nil {
		return nil, err
	}
	return &genericrest.LocationStreamer{Location: where, Transport: l.transport, ContentType: "text/plain", Flush: options.Follow,
		ResponseChecker: genericrest.NewGenericHttpResponseChecker(corev1.Resource("pods/log"), name),
		RedirectChecker: genericrest.PreventRedirects}, nil
}

// podStream is pods/exec, pods/attach and pods/portforward.
type podStream struct {
	*kubeletDoor
	verb string
}

func (podStream) New() runtime.Object      { return &corev1.Pod{} }
func (podStream) Destroy()                 {}
func (podStream) ConnectMethods() []string { return []string{"GET", "POST"} }
func (s podStream) NewConnectOptions() (runtime.Object, bool, string) {
	switch s.verb {
	case "exec":
		return &corev1.PodExecOptions{}, false, ""
	case "attach":
		return &corev1.PodAttachOptions{}, false, ""
	}
	return &corev1.PodPortForwardOptions{}, false, ""
}

func (s podStream) Connect(ctx context.Context, name string, given runtime.Object, responder rest.Responder) (http.Handler, error) {
	pod, err := s.pod(ctx, name)
	if err != nil {
		return nil, err
	}
	query, asked := url.Values{}, ""
	streams := func(in, out, err, tty bool) {
		for key, is := range map[string]bool{"input": in, "output": out, "error": err, "tty": tty} {
			if is {
				query.Set(key, "1")
			}
		}
	}
	switch options := given.(type) {
	case *corev1.PodExecOptions:
		streams(options.Stdin, options.Stdout, options.Stderr, options.TTY)
		query["command"], asked = options.Command, options.Container
	case *corev1.PodAttachOptions:
		streams(options.Stdin, options.Stdout, options.Stderr, options.TTY)
		asked = options.Container
	case *corev1.PodPortForwardOptions:
		for _, port := range options.Ports {
			query.Add("port", strconv.Itoa(int(port)))
		}
	}
	container, path := "", "portForward"
	if s.verb != "portforward" {
		path = s.verb
		if container, err = containerOf(pod, asked); err != nil {
			return nil, err
		}
	}
	where, err := s.location(ctx, path, pod, container, query)
	if err != nil {
		return nil, err
	}
	if where == nil {
		return nil, apierrors.NewBadRequest("pod " + name + " does not have a host assigned")
	}
	var handler http.Handler = proxy.NewUpgradeAwareHandler(where, s.transport, false, true, proxy.NewErrorResponder(responder))
	if options, ok := given.(*corev1.PodExecOptions); ok {
		// Clients since 1.29 speak WebSockets; kubelets of 1.20 understand SPDY only.
		translator := translating.NewStreamTranslatorHandler(where, s.transport, 0, translating.Options{Stdin: options.Stdin,
			Stdout: options.Stdout, Stderr: options.Stderr, Tty: options.TTY})
		handler = translating.NewTranslatingHandler(handler, translator, wsstream.IsWebSocketRequestWithStreamCloseProtocol)
	}
	if s.verb == "portforward" {
		handler = translating.NewTranslatingHandler(handler, translating.NewTunnelingHandler(handler),
			wsstream.IsWebSocketRequestWithTunnelingProtocol)
	}
	return handler, nil
}

// eviction is pods/eviction: policy/v1 only.
type eviction struct{ pods, budgets *registry.Store }

func (eviction) New() runtime.Object { return &policyv1.Eviction{} }
func (eviction) Destroy()            {}
func (eviction) AcceptsGroupVersion(gv schema.GroupVersion) bool {
	return gv == policyv1.SchemeGroupVersion
}
func (eviction) GroupVersionKind(schema.GroupVersion) schema.GroupVersionKind {
	return policyv1.SchemeGroupVersion.WithKind("Eviction")
}

func (e eviction) Create(ctx context.Context, name string, given runtime.Object, validate rest.ValidateObjectFunc, options *metav1.CreateOptions) (runtime.Object, error) {
	asked := given.(*policyv1.Eviction)
	if asked.Name != name {
		return nil, apierrors.NewBadRequest("name in URL does not match name in Eviction object")
	}
	if err := validate(ctx, asked); err != nil {
		return nil, err
	}
	found, err := e.pods.Get(ctx, name, &metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	pod := found.(*corev1.Pod)
	if isCounted(pod) {
		if err := e.takeFromBudget(ctx, pod); err != nil {
			return nil, err
		}
	}
	how := &metav1.DeleteOptions{}
	if asked.DeleteOptions != nil {
		how = asked.DeleteOptions
	}
	how.DryRun = options.DryRun
	if _, _, err := e.pods.Delete(ctx, name, rest.ValidateAllObjectFunc, how); err != nil {
		return nil, err
	}
	return &metav1.Status{Status: metav1.StatusSuccess}, nil
}

// isCounted tells whether a budget has a say: not for what has ended, waits to be placed, or goes already.
func isCounted(pod *corev1.Pod) bool {
	switch pod.Status.Phase {
	case corev1.PodSucceeded, corev1.PodFailed, corev1.PodPending:
		return false
	}
	return pod.DeletionTimestamp.IsZero()
}

func (e eviction) takeFromBudget(ctx context.Context, pod *corev1.Pod) error {
	listed, err := e.budgets.ListPredicate(ctx, e.budgets.PredicateFunc(everything, nothingMore), nil)
	if err != nil {
		return err
	}
	var of []policyv1.PodDisruptionBudget
	for _, each := range listed.(*policyv1.PodDisruptionBudgetList).Items {
		selector, err := metav1.LabelSelectorAsSelector(each.Spec.Selector)
		if err == nil && selector.Matches(labels.Set(pod.Labels)) {
			of = append(of, each)
		}
	}
	if len(of) == 0 {
		return nil
	}
	if len(of) > 1 {
		return apierrors.NewInternalError(fmt.Errorf("this pod has more than one PodDisruptionBudget, which the eviction subresource does not support"))
	}
	status := statusStorageOf(e.budgets)
	_, _, err = status.Update(ctx, of[0].Name, rest.DefaultUpdatedObjectInfo(nil,
		func(_ context.Context, _, old runtime.Object) (runtime.Object, error) {
			budget := old.DeepCopyObject().(*policyv1.PodDisruptionBudget)
			if budget.Status.ObservedGeneration < budget.Generation {
				refused := apierrors.NewTooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", 10)
				refused.ErrStatus.Details.Causes = append(refused.ErrStatus.Details.Causes, metav1.StatusCause{
					Type: policyv1.DisruptionBudgetCause, Message: fmt.Sprintf("The disruption budget %s is still being processed by the server.", budget.Name)})
				return nil, refused
			}
			if budget.Status.DisruptionsAllowed <= 0 {
				refused := apierrors.NewTooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", 0)
				refused.ErrStatus.Details.Causes = append(refused.ErrStatus.Details.Causes, metav1.StatusCause{
					Type: policyv1.DisruptionBudgetCause, Message: fmt.Sprintf("The disruption budget %s needs %d healthy pods and has %d currently",
						budget.Name, budget.Status.DesiredHealthy, budget.Status.CurrentHealthy)})
				return nil, refused
			}
			budget.Status.DisruptionsAllowed--
			if budget.Status.DisruptedPods == nil {
				budget.Status.DisruptedPods = map[string]metav1.Time{}
			}
			budget.Status.DisruptedPods[pod.Name] = metav1.Now()
			return budget, nil
		}), rest.ValidateAllObjectFunc, rest.ValidateAllObjectUpdateFunc, false, &metav1.UpdateOptions{})
	return err
}

// addParameters: how the options of subresources are read from a query.
func addParameters() {
	flag := func(values url.Values, key string) bool { is, _ := strconv.ParseBool(values.Get(key)); return is }
	number := func(values url.Values, key string) (*int64, error) {
		if values.Get(key) == "" {
			return nil, nil
		}
		read, err := strconv.ParseInt(values.Get(key), 10, 64)
		return &read, err
	}
	read := func(to runtime.Object, how func(values url.Values, to any) error) {
		must(Scheme.AddConversionFunc((*url.Values)(nil), to, func(from, to any, _ conversion.Scope) error { return how(*from.(*url.Values), to) }))
	}
	read(&corev1.PodLogOptions{}, func(values url.Values, to any) (err error) {
		options := to.(*corev1.PodLogOptions)
		options.Container, options.Follow = values.Get("container"), flag(values, "follow")
		options.Previous, options.Timestamps = flag(values, "previous"), flag(values, "timestamps")
		if options.SinceSeconds, err = number(values, "sinceSeconds"); err != nil {
			return err
		}
		if options.TailLines, err = number(values, "tailLines"); err != nil {
			return err
		}
		if options.LimitBytes, err = number(values, "limitBytes"); err != nil {
			return err
		}
		if text := values.Get("sinceTime"); text != "" {
			since, err := time.Parse(time.RFC3339, text)
			if err != nil {
				return err
			}
			options.SinceTime = &metav1.Time{Time: since}
		}
		return nil
	})
	read(&corev1.PodExecOptions{}, func(values url.Values, to any) error {
		*to.(*corev1.PodExecOptions) = corev1.PodExecOptions{Stdin: flag(values, "stdin"), Stdout: flag(values, "stdout"),
			Stderr: flag(values, "stderr"), TTY: flag(values, "tty"), Container: values.Get("container"), Command: values["command"]}
		return nil
	})
	read(&corev1.PodAttachOptions{}, func(values url.Values, to any) error {
		*to.(*corev1.PodAttachOptions) = corev1.PodAttachOptions{Stdin: flag(values, "stdin"), Stdout: flag(values, "stdout"),
			Stderr: flag(values, "stderr"), TTY: flag(values, "tty"), Container: values.Get("container")}
		return nil
	})
	read(&corev1.PodPortForwardOptions{}, func(values url.Values, to any) error {
		for _, text := range values["ports"] {
			port, err := strconv.ParseInt(text, 10, 32)
			if err != nil {
				return err
			}
			to.(*corev1.PodPortForwardOptions).Ports = append(to.(*corev1.PodPortForwardOptions).Ports, int32(port))
		}
		return nil
	})
}
