namespace Iml4e.Assessment.Adversarial.Detection;

/// <summary>What an attack on a detector is after.</summary>
public enum DetectorLoss
{
    /// <summary>detector_total: that boxes, classes and objectness are wrong of what is really there.</summary>
    DetectorTotal,

    /// <summary>tog_untargeted: that they are wrong of what the model finds in the clean image (Chow et al., 2020).</summary>
    TogUntargeted,

    /// <summary>tog_vanishing: that nothing is found.</summary>
    TogVanishing,

    /// <summary>tog_fabrication: that things are found everywhere.</summary>
    TogFabrication,

    /// <summary>tog_mislabel_ml: that what is found is taken for the second most likely class.</summary>
    TogMislabelMl,

    /// <summary>tog_mislabel_ll: that what is found is taken for the least likely class.</summary>
    TogMislabelLl,

    /// <summary>overload: that so many candidates pass the threshold that dropping doubles takes long.</summary>
    Overload,
}
