//! Building, looking into, saving and loading models.
mod support;

use std::path::Path;

use support::*;
use tinylstm::*;

#[test]
fn a_model_tells_what_it_is() {
    let mut model = reference_model();
    let layers: Vec<_> = model
        .layers()
        .map(|layer| (layer.class.to_owned(), layer.output))
        .collect();
    let expected = [
        ("InputLayer", vec![100]),
        ("Embedding", vec![100, 16]),
        ("LSTM", vec![8]),
        ("Dense", vec![1]),
    ];
    assert_eq!(
        layers,
        expected.map(|(class, shape)| (class.to_owned(), shape))
    );
    assert_eq!(
        (model.name(), model.params(), model.trainable_params()),
        ("sequential", 8809, 8809)
    );
    assert!(model.is_compiled() && model.summary(0).unwrap().contains("8809"));
    let name = model.layers().nth(1).unwrap().name.to_owned();
    model.set_trainable(&name, false).unwrap();
    model.compile(None, None, &[]).unwrap();
    assert_eq!(model.trainable_params(), 809);
    let names: Vec<_> = model.weight_names().collect();
    assert_eq!(names.len(), 6);
    assert!(
        names[1].ends_with("/kernel") && names[2].ends_with("/recurrent_kernel"),
        "{names:?}"
    );
    assert_eq!(model.weight(1).unwrap().shape(), [16, 32]);
}

#[test]
fn every_layer_takes_its_options() {
    let mut model = Model::new(7).unwrap();
    let uniform = r#"{"class_name": "RandomUniform", "config": {"minval": 0.5, "maxval": 1.0}}"#;
    let gru = Gru::new(3)
        .reset_after(false)
        .return_sequences(true)
        .recurrent_activation(Activation::HardSigmoid);
    let rnn = SimpleRnn::new(4)
        .activation(Activation::Relu)
        .return_sequences(true)
        .go_backwards(true);
    let lstm = Lstm::new(2)
        .unit_forget_bias(false)
        .use_bias(true)
        .name("last")
        .frozen(true);
    model
        .add(&Input::new(&[5, 2]).name("features"))
        .unwrap()
        .add(&gru.kernel_regularizer("l2"))
        .unwrap()
        .add(&rnn.recurrent_dropout(0.1).kernel_initializer(uniform))
        .unwrap()
        .add(&lstm)
        .unwrap()
        .add(&Dropout::new(0.5).name("half"))
        .unwrap()
        .add(&Dense::new(3).use_bias(false).kernel_constraint("non_neg"))
        .unwrap()
        .add(&Activate::new(Activation::Softmax))
        .unwrap()
        .build()
        .unwrap();
    // GRU 3 (2 + 3 + 1) 3, RNN 4 (3 + 4 + 1), LSTM 4 (4 + 2 + 1) 2, Dense 2 3.
    assert_eq!(model.params(), 54 + 32 + 56 + 6);
    assert_eq!(model.params() - model.trainable_params(), 56);
    let kernel = model.weight(3).unwrap();
    assert!(kernel
        .as_slice::<f32>()
        .unwrap()
        .iter()
        .all(|weight| (0.5..=1.0).contains(weight)));
    let bias = model
        .weight_names()
        .position(|name| name == "last/bias")
        .unwrap();
    assert_eq!(
        model.weight(bias).unwrap().as_slice::<f32>().unwrap(),
        [0.0; 8]
    );
    let json = model.to_json().unwrap();
    for word in [
        "features",
        "l2",
        "hard_sigmoid",
        "\"half\"",
        "softmax",
        "go_backwards\": true",
    ] {
        assert!(json.contains(word), "{word} is not in {json}");
    }
    let mut copy = Model::from_json(&json, 7).unwrap();
    copy.build().unwrap();
    assert_eq!(copy.params(), model.params());
}

#[test]
fn the_seed_decides() {
    let same = [1, 1, 2].map(|seed| {
        let mut model = Model::new(9).unwrap();
        model.add(&Dense::new(4)).unwrap();
        model.set_seed(seed);
        model.build_for(&[3]).unwrap();
        weights(&model)
    });
    assert_eq!(same[0], same[1]);
    assert_ne!(same[0], same[2]);
}

#[test]
fn what_is_ignored_is_reported() {
    let json = r#"{"class_name":"Sequential","config":[{"class_name":"Dense",
        "config":{"name":"out","units":1,"input_dim":2,"mystery":3}}]}"#;
    let model = Model::from_json(json, 1).unwrap();
    let report: Vec<_> = model.report().collect();
    assert_eq!(report.len(), 1);
    assert_eq!(report[0].0, NoteKind::Ignored);
    assert!(report[0].1.contains("mystery"));
}

#[test]
fn files_are_inspected() {
    let path = scratch("inspected.h5");
    reference_model().save(&path).unwrap();
    let report = inspect_file(&path).unwrap();
    assert!(report.contains("\nparameters: 8809 in 6 weights\n"));
    assert!(report.ends_with("\nloads: yes\n"));
    let bytes = std::fs::read(&path).unwrap();
    assert!(inspect_bytes(&bytes).unwrap().starts_with("file: memory\n"));
    std::fs::write(&path, "no model").unwrap();
    assert!(inspect_file(&path).unwrap().contains("\nkind: text\n"));
    assert_eq!(inspect_file("absent.h5").unwrap_err().kind(), ErrorKind::Io);
}

#[test]
fn files_and_memory_hold_the_same_model() {
    let model = reference_model();
    let path = scratch("model.h5");
    model.save(&path).unwrap();
    let bytes = model.to_bytes().unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), *bytes);
    for copy in [
        Model::load(&path).unwrap(),
        Model::from_bytes(&bytes).unwrap(),
    ] {
        assert!(copy.is_compiled());
        assert_eq!((weights(&copy), copy.notes().count()), (weights(&model), 0));
    }
    let bare = model
        .to_bytes_with(&SaveOptions::new().without_optimizer(true))
        .unwrap();
    assert!(bare.len() < bytes.len() && !Model::from_bytes(&bare).unwrap().is_compiled());
    for keras in [
        Keras::Common,
        Keras::Keras2,
        Keras::TensorFlow210,
        Keras::TensorFlow215,
        Keras::Keras3,
    ] {
        let file = model
            .to_bytes_with(&SaveOptions::new().keras(keras))
            .unwrap();
        let copy = Model::from_bytes(&file).unwrap();
        assert_eq!(weights(&copy), weights(&model));
        let common = matches!(keras, Keras::Common | Keras::TensorFlow215);
        assert_eq!(*file == *bytes, common);
    }
}

#[test]
fn weights_alone_go_into_a_model_that_is_there() {
    let model = reference_model();
    let path = scratch("only.weights.h5");
    model
        .save_with(&path, &SaveOptions::new().weights_only(true))
        .unwrap();
    let mut other = reference_model();
    other
        .set_weight(5, &ArrayView::new(&[3.0f32], &[1]).unwrap())
        .unwrap();
    assert_ne!(weights(&other), weights(&model));
    other.load_weights(&path).unwrap();
    assert_eq!(weights(&other), weights(&model));
    let mut third = reference_model();
    third
        .load_weights_bytes(&std::fs::read(&path).unwrap())
        .unwrap();
    assert_eq!(weights(&third), weights(&model));
    let empty = third.load_weights_bytes(&[]).unwrap_err();
    assert_eq!(empty.kind(), ErrorKind::Format);
}

#[test]
fn keras_files_travel() {
    let model = reference_model();
    let path = scratch("model.keras");
    model.save(&path).unwrap();
    assert_eq!(weights(&Model::load(&path).unwrap()), weights(&model));
}

#[test]
fn weights_come_from_arrays_and_files() {
    let mut model = reference_model();
    let bias = model.layer_weight("lstm", "bias").unwrap();
    assert_eq!(
        bias.as_slice::<f32>().unwrap(),
        model.weight(3).unwrap().as_slice::<f32>().unwrap()
    );
    let fours = Array::from_slice(&vec![4.0f32; bias.len()], &bias.shape()).unwrap();
    model.set_layer_weight("lstm", "bias", &fours).unwrap();
    assert_eq!(
        model.weight(3).unwrap().as_slice::<f32>().unwrap(),
        fours.as_slice::<f32>().unwrap()
    );

    let source = reference_model();
    let names: Vec<String> = source
        .weight_names()
        .map(|name| name.replace("lstm", "rnn"))
        .collect();
    let values: Vec<Array> = (0..names.len())
        .map(|i| source.weight(i).unwrap())
        .collect();
    let named: Vec<(&str, &ArrayRef)> = names
        .iter()
        .zip(&values)
        .map(|(name, value)| (name.as_str(), &**value))
        .collect();
    let error = model
        .import_arrays(&named, &WeightsOptions::new())
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Shape);
    let options = WeightsOptions::new().map("rnn", "lstm");
    model.import_arrays(&named, &options).unwrap();
    assert_eq!(weights(&model), weights(&source));
    model.set_layer_weight("lstm", "bias", &fours).unwrap();
    let ordered: Vec<&ArrayRef> = values.iter().map(|value| &**value).collect();
    model
        .import_array_list(&ordered, &WeightsOptions::new())
        .unwrap();
    assert_eq!(weights(&model), weights(&source));

    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../tests/files/weights/torch-lstm.safetensors");
    let pytorch = WeightsOptions::new().order(WeightOrder::PyTorch);
    let error = model.import_weights(&file, &pytorch).unwrap_err();
    assert!(error.place().contains("torch-lstm.safetensors"));
    assert!(model.import_weights_bytes(b"", &pytorch).is_err());
    let mut model = Model::new(1).unwrap();
    model.add(&Input::new(&[6])).unwrap();
    model.add(&Embedding::new(12, 4)).unwrap();
    model.add(&Lstm::new(5)).unwrap();
    model.add(&Dense::new(1)).unwrap();
    model.import_weights(&file, &pytorch).unwrap();
    assert_eq!(
        model.layer_weight("lstm", "kernel").unwrap().shape(),
        [4, 20]
    );
}
