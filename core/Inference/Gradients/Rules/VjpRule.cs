namespace Iml4e.Inference.Gradients.Rules;

/// <summary>Writes the vector-Jacobian product of one node: from the cotangents of its outputs those of the inputs that need one.</summary>
internal delegate void VjpRule(VjpContext node);
